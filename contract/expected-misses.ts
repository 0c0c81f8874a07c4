/**
 * How often a person is missed: enrolled among 1,000, looked at once, on another day than any reference. By the number of
 * references that differ, from one on. Measured on photographs; the table is in docs/recognition.md.
 */
const MISS_RATES = [0.11, 0.07, 0.05] as const;

/** References that enrolment asks for. */
export const WANTED_REFERENCES = MISS_RATES.length;

/** How many more references enrolment asks for. @param differing references that differ */
export const referencesMissing = (differing: number): number => Math.max(0, WANTED_REFERENCES - differing);

/**
 * The share of visits (0..1) in which a person is expected not to be recognised at the first look; null for a person who
 * has no reference to be recognised by. What more than {@link WANTED_REFERENCES} bring was not measured: they count as so many.
 * @param differing references that differ
 */
export const expectedMissRate = (differing: number): number | null =>
  differing < 1 ? null : MISS_RATES[Math.min(differing, WANTED_REFERENCES) - 1]!;

/** Visits of which one is expected to be a miss, as a whole number of at least 2. */
export const visitsPerMiss = (rate: number): number => Math.max(2, Math.round(1 / rate));
