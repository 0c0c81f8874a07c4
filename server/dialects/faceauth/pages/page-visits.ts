import {
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

type Options = Pick<
  DialectOptions,
  'galleries' | 'recognizers' | 'calibration' | 'ledger' | 'store' | 'held'
> & {
  readonly access: PageAccess;
};

/**
 * Visits at web pages, judged by what this server finds in the frames itself, as an appliance does. What is known of visits from one
 * request to the next lies at the server that holds the pages of the account; the others ask it.
 */
export class PageVisits {
  readonly #options: Options;
  readonly #digests: Pick<FrameMemory, 'digestOf'>;

  constructor(options: Options) {
    this.#options = options;
    this.#digests = createFrameMemory(options.store);
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
    const { accountId: account } = grant.caller;
    const ask = await this.#options.held.ensure(nameOf(account), 'busy');
    await this.#options.access.requireUsable(grant);
    const ticket = await ask('pages.begin', { account, grant, user, avoid: [...avoid] });
    return { visit: `${ticket.visitId}.${account}`, ticket };
  }

  /** Whose open visit this is. @throws `visit-unknown` */
  async find(visit: string): Promise<PageGrant> {
    const { ask, ...of } = await this.#at(visit);
    return await ask('pages.grant', of);
  }

  /** @throws `visit-unknown`, `visit-expired`, `page-token-invalid`, `rate-limited`, `month-used-up`, `image-*`, `busy`, and what enrolling refuses */
  async submit(visit: string, images: readonly VisitFrame[]): Promise<PageVerdict> {
    const { ask, account, visitId } = await this.#at(visit);
    const { grant, user, ...open } = await ask('pages.take', { account, visitId });
    if (images.filter(({ moment }) => moment.kind === 'frontal').length < FRONTAL_FRAMES) {
      throw new LintelError('usage', `(A visit needs ${FRONTAL_FRAMES} frontal frames.)`);
    }
    await this.#options.access.use(grant);
    const note = (outcome: 'passed' | 'failed' | 'unsure') => ask('pages.note', { account, user, outcome });
    const call = grant.purpose === 'login' ? 'verify' : 'enroll';
    return await this.#options.ledger.metered(account, 'faceauth', call, async () => {
      const { recognizers, calibration } = this.#options;
      const recognizer = await recognizers.of(account);
      const frames = await Promise.all(images.map((image) => analyseFrame(recognizer, this.#digests, image)));
      const traces = frames.map(traceOf);
      const earlier = await ask('pages.enter', { account, traces });
      const liveness = verifyLiveness({ ...open, frames, earlier }, samePersonOf(calibration));
      const picture = bestPicture(frames, RECOGNITION_GATE, recognizer.modelId);
      if (!liveness.passed || picture === null) {
        const { outcome, verdict } = refused(frames, liveness);
        await note(outcome);
        return verdict;
      }
      const found = await this.#settle(grant, user, frames, picture.analysis.face);
      // Last: of two visits that show the same at the same moment, one succeeds.
      if (found.user !== null && !(await ask('pages.claim', { account, traces }))) {
        await note('failed');
        return refusal('not_live', ['frames-not-genuine']);
      }
      await note(found.user === null ? 'failed' : 'passed');
      if (found.user === null) return refusal('no_match', ['no-match']);
      await this.#options.access.revoke(account, grant.tokenId);
      const proof = await ask('pages.prove', {
        account,
        proof: {
          success: true,
          purpose: grant.purpose,
          user: found.user,
          confidence: found.confidence,
          origin: grant.origin,
          verified_at: new Date().toISOString(),
        },
      });
      const status = grant.purpose === 'login' ? 'match' : 'enrolled';
      return { success: true, match: true, status, reasons: ['match'], hints: [], ...found, proof };
    });
  }

  /** @throws `proof-unknown` */
  async redeem(account: string, secret: string): Promise<Proof> {
    const ask = await this.#options.held.at(nameOf(account), 'proof-unknown');
    return await ask('pages.redeem', { account, secret });
  }

  /** @throws `visit-unknown` also for what cannot be a visit */
  async #at(visit: string) {
    const [visitId = '', account = ''] = visit.split('.');
    if (!VISIT.test(visit)) throw new LintelError('visit-unknown');
    return { ask: await this.#options.held.at(nameOf(account), 'visit-unknown'), account, visitId };
  }

  /** What the visit is for, now that a live person was seen. */
  async #settle(
    grant: PageGrant,
    user: string,
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
}

/** By which the servers know who holds the pages of an account. */
const nameOf = (account: string): string => `pages ${account}`;

/** As `begin` names one. */
const VISIT = /^visit_[0-9a-f]{32}\.acct_[0-9a-f]{24}$/;

/** What is said of a visit whose frames show no live person, or nobody well enough, and what that counts as. */
function refused(frames: readonly AnalysedFrame[], { passed, reasons }: LivenessVerdict) {
  const { isUnsure, named, hints } = triage(passed ? ['poor-quality'] : reasons, frames);
  return {
    outcome: isUnsure ? ('unsure' as const) : ('failed' as const),
    verdict: refusal(isUnsure ? 'try_again' : 'not_live', named, hints),
  };
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
