import { Context } from '@temporalio/activity';

/** What a heartbeat carries to the next attempt: where the command may have begun, and how often it was lost before. */
export interface StageBeat {
  readonly host?: string;
  readonly reruns: number;
}
const BEAT_MS = 1_000;
/** A stage that is over sooner is over without a beat: each costs the server a write. */
const FIRST_BEAT_MS = 50;
/** An attempt that was gone before its first beat may have begun, and nobody knows where. */
const SOMEWHERE = { host: '', reruns: 0 };

export interface StageBeats {
  readonly last: () => StageBeat;
  /** Carried by every beat from now on. */
  readonly note: (beat: StageBeat) => void;
  /** Beats at once: before an attempt fails, so that the next one knows how far it came. */
  readonly say: () => void;
  readonly stop: () => void;
}

/** Beats, beginning with what the attempt before knew. */
export function stageBeats(): StageBeats {
  const context = Context.current();
  const known = context.info.heartbeatDetails as StageBeat | undefined;
  let beat: StageBeat = known ?? (context.info.attempt === 1 ? { reruns: 0 } : SOMEWHERE);
  const say = (): void => {
    context.heartbeat(beat);
  };
  const first = setTimeout(say, FIRST_BEAT_MS);
  const timer = setInterval(say, BEAT_MS);
  return {
    last: () => beat,
    note: (next) => void (beat = next),
    say,
    stop: () => {
      clearTimeout(first);
      clearInterval(timer);
    },
  };
}
