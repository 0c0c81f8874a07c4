import type { CameraFinding, Decision } from '#contract';

/** Whether a decision rests on its frames in the visitor's favour. */
export const proves = ({ outcome, reasons }: Decision): boolean =>
  outcome === 'granted' || reasons.includes('photo-match');

/** No visit proves anything through a camera that something speaks against; of other visits it is noted. */
export function objectToCamera(decision: Decision, findings: readonly CameraFinding[]): Decision {
  if (findings.length === 0) return decision;
  if (!proves(decision)) return { ...decision, reasons: [...decision.reasons, ...findings] };
  return { outcome: 'denied', reasons: [...findings], hints: [], person: null };
}
