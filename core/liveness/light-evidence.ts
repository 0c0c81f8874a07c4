import type { DecisionReason } from '#contract';
import { NO_LIGHT_SCORES, verifyLight, type LightFrame, type LightScores } from './light/index.ts';
import { LIMITS } from './limits.ts';
import type { EvidenceFrame, LightAsked } from './types.ts';

/** Whether the frames show the light that the screen was given, in the time that main itself measured. */
export function judgeLight(
  asked: LightAsked | null,
  frames: readonly EvidenceFrame[],
): { readonly reason: DecisionReason | null; readonly scores: LightScores } {
  const lit = frames.flatMap((frame) =>
    frame.moment.kind === 'light' ? [{ ...frame, at: frame.moment.at }] : [],
  );
  if (asked === null || lit.length === 0) return { reason: 'light-missing', scores: NO_LIGHT_SCORES };
  if (!isInTime(asked, lit)) return { reason: 'frames-not-genuine', scores: NO_LIGHT_SCORES };
  const measured = lit.flatMap(({ at, analysis: { face } }): LightFrame[] =>
    face?.colours ? [{ at, colours: face.colours }] : [],
  );
  return verifyLight({ slots: asked.slots, frames: measured });
}

/**
 * The screen says by its own clock when it began to show the sequence. That is one moment for all frames, no frame came before
 * it can have been taken, and none much later.
 */
function isInTime(
  { drawnAt }: LightAsked,
  frames: readonly (EvidenceFrame & { readonly at: number })[],
): boolean {
  const begins = frames.map(({ capturedAt, at }) => capturedAt - at);
  const isOneBeginning = Math.max(...begins) - Math.min(...begins) <= 1;
  return (
    isOneBeginning &&
    frames.every(({ at, arrivedAt }) => {
      const late = (arrivedAt ?? Infinity) - drawnAt - at;
      return late >= -LIMITS.clockMs && late <= LIMITS.lightLateMs;
    })
  );
}
