import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LintelError, toErrorBody, type ChallengeStep, type DecisionReason, type ErrorBody } from '#contract';
import { exactProportion, type Proportion } from '#core/matching';
import { judgeClips, type ClipKiosk } from './judge-clips.ts';

/** The folders of clips, and what is in them. */
const KINDS = ['live', 'attack'] as const;
type ClipKind = (typeof KINDS)[number];

/** One clip, with its verdict or with why there is none. */
export interface ClipOutcome {
  /** Relative to the folder. */
  readonly clip: string;
  readonly kind: ClipKind;
  readonly outcome: 'accepted' | 'refused' | 'unreadable';
  readonly reasons: readonly DecisionReason[];
  /** Everything that was performed, in order; the challenge is what counts of it as asked for. */
  readonly steps: readonly ChallengeStep[];
  readonly challenge: readonly ChallengeStep[];
  /** Mean over the frames of the evidence, 0..1; null without a face. */
  readonly passive: number | null;
  readonly error: ErrorBody | null;
}

export interface ClipReport {
  readonly clips: readonly ClipOutcome[];
  /** Of readable clips; null without one. Live clips refused (BPCER), attacks accepted (APCER). */
  readonly bpcer: Proportion | null;
  readonly apcer: Proportion | null;
}

/**
 * Play every `live/*.mp4` and `attack/*.mp4` of a folder as the camera of a free session and judge its evidence.
 * @throws LintelError `usage` when there is no clip
 */
export async function runClips(modelsDir: string, dir: string): Promise<ClipReport> {
  const files = await listClips(dir);
  return makeClipReport(
    await judgeClips(modelsDir, files, (kiosk, { kind, name }) => judgeClip(kiosk, dir, kind, name)),
  );
}

async function listClips(dir: string): Promise<{ kind: ClipKind; name: string }[]> {
  const found = await Promise.all(
    KINDS.map(async (kind) => {
      const names = await readdir(join(dir, kind)).catch(() => []);
      return names
        .filter((name) => /\.mp4$/i.test(name))
        .toSorted()
        .map((name) => ({ kind, name }));
    }),
  );
  const clips = found.flat();
  if (clips.length === 0) throw new LintelError('usage', `${dir} holds no live/*.mp4 or attack/*.mp4.`);
  return clips;
}

async function judgeClip(kiosk: ClipKiosk, dir: string, kind: ClipKind, name: string): Promise<ClipOutcome> {
  const clip = `${kind}/${name}`;
  const base = { clip, kind, reasons: [], steps: [], challenge: [], passive: null } as const;
  const session = await kiosk.play(join(dir, clip)).catch((error: unknown) => {
    if (error instanceof Error) return new LintelError('clip-unreadable', name, { cause: error });
    throw error;
  });
  if (session instanceof LintelError) return { ...base, outcome: 'unreadable', error: toErrorBody(session) };
  const { challenge } = session;
  const verdict = await kiosk.judge(session);
  // A free session has no challenge to break: fewer than two steps are too few.
  const reasons = new Set(verdict.reasons);
  if (challenge.length < 2) reasons.add('step-missing');
  return {
    ...base,
    outcome: reasons.size === 0 ? 'accepted' : 'refused',
    reasons: [...reasons],
    steps: session.steps.map((step) => step.kind),
    challenge,
    passive: verdict.scores.passive,
    error: null,
  };
}

export function makeClipReport(clips: readonly ClipOutcome[]): ClipReport {
  const rate = (of: ClipKind, wrong: ClipOutcome['outcome']): Proportion | null => {
    const readable = clips.filter(({ kind, outcome }) => kind === of && outcome !== 'unreadable');
    const errors = readable.filter(({ outcome }) => outcome === wrong).length;
    return readable.length > 0 ? exactProportion(errors, readable.length) : null;
  };
  return { clips, bpcer: rate('live', 'refused'), apcer: rate('attack', 'accepted') };
}
