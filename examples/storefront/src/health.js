import { statfs } from 'node:fs/promises';
import { json } from './http.js';

const MB = 1024 * 1024;

/** Alive and able to work: 200, else 503 with the check that failed. */
export async function health({ config, version }) {
  const checks = { memory: memory(config), disk_space: await diskSpace(config) };
  const healthy = Object.values(checks).every(({ status }) => status === 'ok');
  const body = {
    status: healthy ? 'healthy' : 'unhealthy',
    timestamp: new Date().toISOString(),
    version: version.version,
    commit: version.commit,
    uptime_seconds: Math.round(process.uptime()),
    checks,
  };
  return json(body, healthy ? 200 : 503);
}

/** To be sent traffic: 503 until warmed up, and again from SIGTERM on. */
export function ready({ state }) {
  return json({ status: state.phase }, state.phase === 'ready' ? 200 : 503);
}

function memory({ memoryLimitMb }) {
  const usedMb = Math.round(process.memoryUsage.rss() / MB);
  return { status: usedMb <= memoryLimitMb ? 'ok' : 'failed', used_mb: usedMb, limit_mb: memoryLimitMb };
}

async function diskSpace({ minFreeDiskMb }) {
  try {
    const { bavail, bsize } = await statfs('.');
    const freeMb = Math.floor((bavail * bsize) / MB);
    return { status: freeMb >= minFreeDiskMb ? 'ok' : 'failed', free_mb: freeMb, min_free_mb: minFreeDiskMb };
  } catch (error) {
    return { status: 'failed', error: error.code ?? error.message };
  }
}
