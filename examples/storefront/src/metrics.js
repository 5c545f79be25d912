const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10];
const NAME = 'http_request_duration_seconds';

/** How long answers took, as a Prometheus reads it: a count for each bound, of all answers that took no longer. */
export function openMetrics() {
  const counts = BOUNDS.map(() => 0);
  let [answers, seconds] = [0, 0];
  return {
    observe(took) {
      answers += 1;
      seconds += took;
      BOUNDS.forEach((bound, i) => {
        if (took <= bound) counts[i] += 1;
      });
    },
    text: () =>
      [
        `# HELP ${NAME} Time until an answer was there`,
        `# TYPE ${NAME} histogram`,
        ...BOUNDS.map((bound, i) => `${NAME}_bucket{le="${bound}"} ${counts[i]}`),
        `${NAME}_bucket{le="+Inf"} ${answers}`,
        `${NAME}_sum ${seconds}`,
        `${NAME}_count ${answers}`,
        '',
      ].join('\n'),
  };
}
