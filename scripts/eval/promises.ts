/** What a confidence promises: the rate of false matches of one comparison. */
export const PROMISES = [
  [70, 1e-3],
  [80, 1e-4],
  [90, 1e-5],
  [95, 1e-6],
] as const;
