import {
  DEFAULT_LEVEL,
  LintelError,
  type ChallengeStep,
  type DecisionReason,
  type PageVerdict,
  type Proof,
  type VisitFrame,
  type VisitTicket,
} from '#contract';
import type { PageAccess, PageGrant } from '#core/accounts';
import type { Gallery } from '#core/gallery';
import {
  analyseFrame,
  bestPicture,
  createFrameMemory,
  FRONTAL_FRAMES,
  samePersonOf,
  Tickets,
  traceOf,
  triage,
  verifyLiveness,
  type AnalysedFrame,
  type FrameMemory,
  type LivenessVerdict,
} from '#core/liveness';
import { RECOGNITION_GATE, type AnalysedFace } from '#core/recognition';
import { DEFAULT_COLLECTION } from '../../default-collection.ts';
import type { DialectOptions } from '../../options.ts';
import { enrolNamed, verifyNamed } from '../named.ts';
import { Attempts } from './attempts.ts';
import { Proofs } from './proofs.ts';

/** Visits of one account that are open at once. */
const MOST_VISITS = 500;

/** What a visit is about. */
interface Matter {
  readonly grant: PageGrant;
  readonly user: string;
}

/** The state of one account's pages. No other account can read it or push entries out of it. */
interface Pages {
  readonly tickets: Tickets<Matter>;
  readonly attempts: Attempts;
  readonly memory: FrameMemory;
  readonly proofs: Proofs;
}

type Options = Pick<
  DialectOptions,
  'galleries' | 'recognizers' | 'calibration' | 'ledger' | 'store' | 'servers' | 'pageSteps'
> & {
  readonly access: PageAccess;
  /** Monotonic clock in milliseconds. */
  readonly now?: () => number;
};

/** Visits at web pages, judged by what this server finds in the frames itself, as an appliance does. */
export class PageVisits {
  readonly #options: Options;
  readonly #accounts = new Map<string, Pages>();

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * Begin a visit. The token is used once its frames are here: who leaves before has used nothing.
   * @returns also by what its frames are sent
   * @throws `page-token-invalid`, `rate-limited`, `challenge-impossible`, `several-servers`
   */
  async begin(
    grant: PageGrant,
    user: string,
    avoid: readonly ChallengeStep[],
  ): Promise<{ visit: string; ticket: VisitTicket }> {
    const { accountId } = grant.caller;
    await this.#options.servers.requireOne();
    const { tickets, attempts } = this.#of(accountId);
    const { steps, seconds } = this.#options.pageSteps;
    attempts.admit(user);
    await this.#options.access.requireUsable(grant);
    const challenge = attempts.challenge(user, steps, avoid);
    const ticket = tickets.issue(
      { level: DEFAULT_LEVEL, challenge, stepMs: seconds * 1000 },
      { grant, user },
    );
    return { visit: `${ticket.visitId}.${accountId}`, ticket };
  }

  /** Whose open visit this is. @throws `visit-unknown` */
  find(visit: string): PageGrant {
    const [visitId = '', accountId = ''] = visit.split('.');
    const matter = this.#accounts.get(accountId)?.tickets.contextOf(visitId);
    if (matter === undefined) throw new LintelError('visit-unknown');
    return matter.grant;
  }

  /** @throws `visit-unknown`, `visit-expired`, `page-token-invalid`, `rate-limited`, `month-used-up`, `image-*`, `busy`, and what enrolling refuses */
  async submit(visit: string, images: readonly VisitFrame[]): Promise<PageVerdict> {
    const [visitId = '', accountId = ''] = visit.split('.');
    const pages = this.#of(accountId);
    const open = pages.tickets.take(visitId);
    const { grant, user } = open.context;
    if (images.filter(({ moment }) => moment.kind === 'frontal').length < FRONTAL_FRAMES) {
      throw new LintelError('usage', `(A visit needs ${FRONTAL_FRAMES} frontal frames.)`);
    }
    pages.attempts.admit(user);
    await this.#options.access.use(grant);
    const call = grant.purpose === 'login' ? 'verify' : 'enroll';
    return await this.#options.ledger.metered(accountId, 'faceauth', call, async () => {
      const { recognizers, calibration } = this.#options;
      const recognizer = await recognizers.of(accountId);
      const frames = await Promise.all(images.map((image) => analyseFrame(recognizer, pages.memory, image)));
      const traces = frames.map(traceOf);
      const earlier = await pages.memory.enter(traces);
      const liveness = verifyLiveness({ ...open, frames, earlier }, samePersonOf(calibration));
      const picture = bestPicture(frames, RECOGNITION_GATE, recognizer.modelId);
      if (!liveness.passed || picture === null) {
        return this.#refuse(pages, user, frames, liveness);
      }
      const found = await this.#settle(open.context, frames, picture.analysis.face);
      // Last: of two visits that show the same at the same moment, one succeeds.
      if (found.user !== null && !(await pages.memory.claim(traces))) {
        pages.attempts.note(user, 'failed');
        return refusal('not_live', ['frames-not-genuine']);
      }
      pages.attempts.note(user, found.user === null ? 'failed' : 'passed');
      if (found.user === null) return refusal('no_match', ['no-match']);
      await this.#options.access.revoke(accountId, grant.tokenId);
      const proof = pages.proofs.add({
        success: true,
        purpose: grant.purpose,
        user: found.user,
        confidence: found.confidence,
        origin: grant.origin,
        verified_at: new Date().toISOString(),
      });
      const status = grant.purpose === 'login' ? 'match' : 'enrolled';
      return { success: true, match: true, status, reasons: ['match'], hints: [], ...found, proof };
    });
  }

  /** @throws `proof-unknown` */
  redeem(accountId: string, secret: string): Proof {
    return this.#of(accountId).proofs.redeem(secret);
  }

  #refuse(
    { attempts }: Pages,
    user: string,
    frames: readonly AnalysedFrame[],
    { passed, reasons }: LivenessVerdict,
  ): PageVerdict {
    const { isUnsure, named, hints } = triage(passed ? ['poor-quality'] : reasons, frames);
    attempts.note(user, isUnsure ? 'unsure' : 'failed');
    return refusal(isUnsure ? 'try_again' : 'not_live', named, hints);
  }

  /** What the visit is for, now that a live person was seen. */
  async #settle(
    { grant, user }: Matter,
    frames: readonly AnalysedFrame[],
    face: AnalysedFace,
  ): Promise<Pick<PageVerdict, 'user' | 'confidence'>> {
    const { galleries, calibration } = this.#options;
    const { accountId } = grant.caller;
    const gallery = await galleries.of(accountId);
    if (grant.purpose === 'enroll') return await this.#enrol(accountId, gallery, user, frames);
    await gallery.ensureCollection(DEFAULT_COLLECTION);
    const found = await verifyNamed(gallery, calibration, user, face);
    return { user: found.user, confidence: found.match ? found.confidence : null };
  }

  async #enrol(
    accountId: string,
    gallery: Gallery,
    user: string,
    frames: readonly AnalysedFrame[],
  ): Promise<Pick<PageVerdict, 'user' | 'confidence'>> {
    const pictures = frames.flatMap(({ moment, image }) => (moment.kind === 'frontal' ? [image] : []));
    const id = await enrolNamed(gallery, await this.#options.recognizers.of(accountId), user, pictures);
    return { user: { id, external_user_id: user, name: user }, confidence: null };
  }

  #of(accountId: string): Pages {
    const pages = this.#accounts.get(accountId) ?? {
      tickets: new Tickets<Matter>(MOST_VISITS, this.#options.now),
      attempts: new Attempts(this.#options.now),
      memory: createFrameMemory(this.#options.store),
      proofs: new Proofs(this.#options.now),
    };
    this.#accounts.set(accountId, pages);
    return pages;
  }
}

const refusal = (
  status: 'no_match' | 'not_live' | 'try_again',
  reasons: readonly DecisionReason[],
  hints: PageVerdict['hints'] = [],
): PageVerdict => ({
  success: true,
  match: false,
  status,
  reasons: [...reasons],
  hints,
  confidence: null,
  user: null,
  proof: null,
});
