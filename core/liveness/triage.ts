import { LightReason, QualityCode, type DecisionReason } from '#contract';
import { checkGate, VISIT_GATE, whyNobody, type QualityGate } from '#core/recognition';
import { REST_GATE } from './limits.ts';
import type { EvidenceFrame } from './types.ts';

/** New pictures may mend these; what else they make unsure does not count against the visitor. */
const MENDABLE: ReadonlySet<DecisionReason> = new Set([
  'no-face',
  'several-faces',
  'poor-quality',
  // Steps are asked instead, or a code.
  ...LightReason.options,
]);
/** Follows from pictures that show too little as well. */
const UNSURE: ReadonlySet<DecisionReason> = new Set([...MENDABLE, 'step-missing']);

/** Whether reasons against a visit say that its pictures told too little, which of them to name, and what mends them. */
export function triage(
  reasons: readonly DecisionReason[],
  frames: readonly Pick<EvidenceFrame, 'moment' | 'analysis'>[],
): { isUnsure: boolean; named: DecisionReason[]; hints: QualityCode[] } {
  const isUnsure = reasons.some((r) => MENDABLE.has(r)) && reasons.every((r) => UNSURE.has(r));
  const named = isUnsure ? reasons.filter((reason) => MENDABLE.has(reason)) : [...reasons];
  const showsLittle = named.includes('poor-quality') || named.includes('no-face');
  return { isUnsure, named, hints: showsLittle ? hintsFrom(frames, VISIT_GATE) : [] };
}

/** What keeps the frames that look straight at the camera from passing a gate, most urgent first. */
export function hintsFrom(
  frames: readonly Pick<EvidenceFrame, 'moment' | 'analysis'>[],
  gate: QualityGate,
): QualityCode[] {
  const failures = frames.flatMap(({ moment, analysis }): string[] => {
    if (moment.kind === 'step' || moment.kind === 'light') return [];
    if (!analysis.face) return [whyNobody(analysis)];
    return checkGate(moment.kind === 'baseline' ? REST_GATE : gate, analysis.face.measurements);
  });
  return QualityCode.options.filter((code) => failures.includes(code));
}
