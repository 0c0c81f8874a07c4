import { signal } from '@preact/signals';
import { z } from 'zod';
import {
  DEFAULT_LEVEL,
  ERRORS,
  FaceAuthRefusal,
  KIOSK_CHANNELS,
  PageVerdict,
  PageVisit,
  type Decision,
  type ErrorCode,
  type KioskBridge,
  type VisitFrame,
  type VisitTicket,
} from '#contract';
import { KioskError, type KioskErrorCode } from '../bridge/errors.ts';
import { askToBegin, tell } from './page.ts';

/** Where a page began a visit: the server's status, 0 where it could not be reached. */
const Answer = z.object({ status: z.int(), body: z.unknown() });

/** Codes of the API whose words are not the catalogue's. */
const NAMED: Readonly<Record<string, ErrorCode>> = {
  RATE_LIMIT: 'rate-limited',
  MONTHLY_LIMIT: 'month-used-up',
  VALIDATION_ERROR: 'usage',
};

/** What no other try mends: the page has to be loaded again, or set up. */
const FINAL: ReadonlySet<string> = new Set([
  'page-token-invalid',
  'page-origin-refused',
  'key-in-browser',
  'month-used-up',
]);

/** Why this page cannot go on; null while it can. */
export const stopped = signal<KioskErrorCode | null>(null);

/** The secret that sends the frames of an open visit, and the frames so far, by the visit's id. */
const visits = new Map<string, { readonly secret: string; readonly frames: VisitFrame[] }>();

/** The kiosk's own contract, answered by the server of this frame instead of an appliance. */
export const pageBridge: KioskBridge = {
  async invoke(channel, input) {
    try {
      return { ok: true, value: await answer(channel, input) };
    } catch (error) {
      const code = error instanceof KioskError ? error.code : 'internal';
      const message = error instanceof Error ? error.message : code;
      tell({ widget: 'failed', code: code.toUpperCase().replaceAll('-', '_'), message });
      if (FINAL.has(code)) stopped.value = code;
      return { ok: false, error: { code: Object.hasOwn(ERRORS, code) ? code : 'internal', message } };
    }
  },
  on: () => () => undefined,
};

async function answer(channel: string, input: unknown): Promise<unknown> {
  if (channel === 'visit.begin') return await begin(KIOSK_CHANNELS['visit.begin'].input.parse(input));
  if (channel === 'visit.frames') return keep(KIOSK_CHANNELS['visit.frames'].input.parse(input));
  if (channel === 'visit.submit') return await submit(KIOSK_CHANNELS['visit.submit'].input.parse(input));
  if (channel === 'visit.cancel') {
    visits.clear();
    return {};
  }
  throw new KioskError('channel-unknown');
}

async function begin({ avoid }: { avoid: VisitTicket['challenge'] }): Promise<VisitTicket> {
  const { status, body } = Answer.parse(await askToBegin(avoid));
  const parsed = PageVisit.safeParse(body);
  if (!parsed.success) throw refusal(status, body);
  const { visit, challenge, step_ms, frame_count, expires_in_ms } = parsed.data;
  const [visitId = ''] = visit.split('.');
  visits.clear();
  visits.set(visitId, { secret: visit, frames: [] });
  return {
    visitId,
    level: DEFAULT_LEVEL,
    challenge,
    stepMs: step_ms,
    frameCount: frame_count,
    expiresInMs: expires_in_ms,
  };
}

/** The server takes all frames of a visit at once. */
function keep({ visitId, frames }: { visitId: string; frames: VisitFrame[] }): object {
  // Frames of a visit that was left may still be under way.
  visits.get(visitId)?.frames.push(...frames);
  return {};
}

async function submit({ visitId }: { visitId: string }): Promise<Decision> {
  const { secret, frames } = visits.get(visitId) ?? { secret: '', frames: [] };
  const form = new FormData();
  const moments = frames.map(({ capturedAt, moment }) => ({ captured_at: capturedAt, moment }));
  form.append('frames', JSON.stringify(moments));
  for (const { image } of frames) {
    form.append('image[]', new Blob([Uint8Array.from(image)], { type: 'image/jpeg' }), 'frame.jpg');
  }
  const headers = { authorization: `Bearer ${secret}` };
  visits.delete(visitId);
  const url = new URL('../api/v1/widget/visits/frames', document.baseURI);
  const response = await fetch(url, { method: 'POST', headers, body: form }).catch(() => {
    throw new KioskError('connection-lost');
  });
  const body: unknown = await response.json().catch(() => null);
  const parsed = PageVerdict.safeParse(body);
  if (!parsed.success) throw refusal(response.status, body);
  tell({ widget: 'verdict', verdict: parsed.data });
  return toDecision(parsed.data);
}

function toDecision({ match, status, reasons, hints, user }: PageVerdict): Decision {
  const outcome = match ? 'granted' : status === 'try_again' ? 'undecided' : 'denied';
  return { outcome, reasons, hints, person: user && { faceId: null, name: user.name } };
}

function refusal(status: number, body: unknown): KioskError {
  const refused = FaceAuthRefusal.safeParse(body).data;
  if (refused === undefined) return new KioskError(status === 0 ? 'connection-lost' : 'internal');
  const code = NAMED[refused.code] ?? refused.code.toLowerCase().replaceAll('_', '-');
  return new KioskError(Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'internal', refused.error);
}
