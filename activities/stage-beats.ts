import { Context } from '@temporalio/activity';

/** What a heartbeat carries to the next attempt: where the command may have begun, and how often it was lost before. */
export interface StageBeat {
  readonly host?: string;
  readonly reruns: number;
}
const BEAT_MS = 1_000;

export interface StageBeats {
  readonly last: () => StageBeat;
  /** Said at once, and from now on. */
  readonly note: (beat: StageBeat) => void;
  readonly stop: () => void;
}

/** Beats from now on, beginning with what the last attempt knew. */
export function stageBeats(): StageBeats {
  const context = Context.current();
  let beat: StageBeat = { reruns: 0, ...(context.info.heartbeatDetails as StageBeat | undefined) };
  const send = (): void => {
    context.heartbeat(beat);
  };
  const timer = setInterval(send, BEAT_MS);
  send();
  return {
    last: () => beat,
    note: (next) => {
      beat = next;
      send();
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
