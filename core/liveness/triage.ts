import { QualityCode, type DecisionReason } from '#contract';
import { checkGate, RECOGNITION_GATE } from '#core/recognition';
import type { EvidenceFrame } from './types.ts';

/** New pictures may mend these; what else they make unsure does not count against the visitor. */
const MENDABLE: ReadonlySet<DecisionReason> = new Set(['no-face', 'several-faces', 'poor-quality']);
/** Follows from pictures that show too little as well. */
const UNSURE: ReadonlySet<DecisionReason> = new Set([...MENDABLE, 'step-missing']);

/** Whether reasons against a visit say that its pictures told too little, which of them to name, and what mends them. */
export function triage(
  reasons: readonly DecisionReason[],
  frames: readonly Pick<EvidenceFrame, 'moment' | 'analysis'>[],
): { isUnsure: boolean; named: DecisionReason[]; hints: QualityCode[] } {
  const isUnsure = reasons.some((r) => MENDABLE.has(r)) && reasons.every((r) => UNSURE.has(r));
  const named = isUnsure ? reasons.filter((reason) => MENDABLE.has(reason)) : [...reasons];
  return { isUnsure, named, hints: named.includes('poor-quality') ? hintsFrom(frames) : [] };
}

/** What keeps the frames that look straight at the camera from being good enough, most urgent first. */
function hintsFrom(frames: readonly Pick<EvidenceFrame, 'moment' | 'analysis'>[]): QualityCode[] {
  const failures = frames.flatMap(({ moment, analysis: { face } }) =>
    moment.kind === 'step' || !face ? [] : checkGate(RECOGNITION_GATE, face.measurements),
  );
  return QualityCode.options.filter((code) => failures.includes(code));
}
