import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CalibrationTable, LintelError } from '#contract';

/**
 * Confidence as a promise about false matches: 70, 80, 90 and 95 are false-match rates of 1e-3, 1e-4, 1e-5 and 1e-6
 * per comparison. Pairs of (-log10 of the rate, confidence), linear in between; 100 stands for 1e-12 and beyond,
 * which no data set supports: above 95 the order is meaningful, the rate is not claimed.
 */
const ANCHORS: Line = [
  [0, 0],
  [3, 70],
  [4, 80],
  [5, 90],
  [6, 95],
  [12, 100],
];

/** Between the similarities of the default model at rates of 1e-2 and 1e-6. */
const DEFAULT_SPREAD = 0.5382 - 0.2504;

/** Points of a rising piecewise linear function. */
type Line = readonly (readonly [number, number])[];

/** What a similarity of one embedding model means, and the way back. */
export interface Calibration {
  readonly table: CalibrationTable;
  /** @param similarity cosine, -1..1 @returns 0..100, never falling as similarity rises */
  confidence(similarity: number): number;
  /** The least similarity that reaches a confidence of 0..100. */
  similarity(confidence: number): number;
  /** The least similarity at which at most this share of comparisons (0..1, above 0) match falsely. */
  similarityAtRate(falseMatchRate: number): number;
  /** How far apart the model sets faces, with the default one as 1: what a difference of similarities is measured in. */
  readonly scale: number;
}

/** Between the table's points, and beyond them along its outermost segments, similarity is linear in log10(rate). */
export function createCalibration(table: CalibrationTable): Calibration {
  const points: Line = table.points.map((p) => [-Math.log10(p.falseMatchRate), p.similarity]);
  const similarityAtExponent = (exponent: number): number => clamp(interpolate(points, exponent), -1, 1);
  return {
    table,
    confidence: (similarity) =>
      clamp(interpolate(ANCHORS, Math.max(0, interpolate(swap(points), similarity))), 0, 100),
    similarity: (confidence) => similarityAtExponent(interpolate(swap(ANCHORS), confidence)),
    similarityAtRate: (rate) => similarityAtExponent(-Math.log10(rate)),
    scale: (similarityAtExponent(6) - similarityAtExponent(2)) / DEFAULT_SPREAD,
  };
}

/**
 * The calibration that belongs to an embedding model.
 * @param modelsDir folder of `<modelId>.calibration.json`
 * @throws LintelError `calibration-missing`, also for a table that is damaged or another model's
 */
export async function loadCalibration(modelsDir: string, modelId: string): Promise<Calibration> {
  const name = `${modelId}.calibration.json`;
  try {
    const table = CalibrationTable.parse(JSON.parse(await readFile(join(modelsDir, name), 'utf8')));
    if (table.modelId === modelId) return createCalibration(table);
  } catch (error) {
    throw new LintelError('calibration-missing', name, { cause: error });
  }
  throw new LintelError('calibration-missing', name);
}

/** Value at x of the line through the points; beyond its ends the outermost segment goes on. */
function interpolate(line: Line, x: number): number {
  const last = Math.max(
    1,
    line.findIndex(([px], i) => i > 0 && (x <= px || i === line.length - 1)),
  );
  const [[x0, y0], [x1, y1]] = line.slice(last - 1, last + 1) as unknown as [
    [number, number],
    [number, number],
  ];
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}

const swap = (line: Line): Line => line.map(([x, y]) => [y, x] as const);

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));
