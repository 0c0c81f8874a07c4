import { LintelError, type Decision } from '#contract';
import { hintsFrom } from '#core/liveness';
import { VISIT_GATE } from '#core/recognition';
import { createCodeDesk, createVisits, type ShownCard } from '../session/index.ts';
import { visitorOf } from '../visitors/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';
import { askServerWith } from './ask-server.ts';
import { judgeOf } from './judge.ts';
import { orIfGone } from './own-collection.ts';

/** The visits of one screen, and its camera. */
export function visitHandlers(all: Collaborators): {
  readonly handlers: HandlersOf<'visit' | 'camera'>;
  /** The screen is gone: its open visits end. */
  readonly close: () => void;
} {
  const { engine, settings, codes, guard, memory, challenges, sessions, learning, log, serverWaitMs, now } =
    all;
  const { store, serve } = engine;
  const visits = createVisits({
    serve: (work) =>
      serve((serving) => {
        const askServer = askServerWith({ store, settings, log, waitMs: serverWaitMs }, serving.recognizer);
        return work(judgeOf(serving, settings, askServer));
      }),
    settings: () => settings.current,
    assurance: async () => ({
      level: await all.assurance(),
      onDoubt: settings.current.assuranceOnDoubt,
    }),
    lastGrant: async (faceId) => (await all.events.lastPassage(faceId))?.at ?? null,
    hasDoor: all.hasDoor,
    guard,
    memory,
    challenges,
    sessions,
    cameraFindings: () => all.cameras.findings(),
    drills: all.drills,
    onFault: (error) => log.error({ err: error }, 'a visit of a drill is not noted'),
    learn: (faceId, picture) => learning.learn(faceId, picture),
    ...(now && { now }),
  });
  const decideCode = createCodeDesk(
    {
      personOf: (collectionId, code) => orIfGone(codes.personOf(collectionId, code), null),
      visitorOf: async (code) => {
        // Whether they are here follows from the events.
        await all.passages.kept();
        return await visitorOf(store, code);
      },
      doorWay: all.door?.direction ?? null,
    },
    guard,
  );
  let cameraIsDark = false;
  let isLooking = false;

  /** @throws LintelError `mode-enrols-only` */
  function requireRecognition(): void {
    if (settings.current.mode === 'enrolment') throw new LintelError('mode-enrols-only');
  }
  /** @throws LintelError `cards-off`, and as reading it does */
  async function openCard(text: string): Promise<ShownCard> {
    if (!settings.current.cards) throw new LintelError('cards-off');
    return await all.readCard(text, await serve(async ({ recognizer }) => recognizer.modelId));
  }
  /** Who stands behind somebody at a door need not learn their name. */
  const shown = (decision: Decision): Decision => {
    const { mode, doorShowsName } = settings.current;
    if (mode !== 'door' || doorShowsName || decision.person === null) return decision;
    return { ...decision, person: { ...decision.person, name: null } };
  };

  const handlers: HandlersOf<'visit' | 'camera'> = {
    'visit.look': async ({ image }) => {
      if (isLooking || (await guard.pausedFor()) > 0) return { hints: [] };
      isLooking = true;
      try {
        const analysis = await serve(({ recognizer }) => recognizer.analyse(image));
        return { hints: hintsFrom([{ moment: { kind: 'frontal' }, analysis }], VISIT_GATE) };
      } finally {
        isLooking = false;
      }
    },

    'visit.begin': async ({ agreed, card, ...wish }) => {
      requireRecognition();
      if (settings.current.notice && !agreed) throw new LintelError('notice-unanswered');
      await store.lineage.require();
      return await visits.begin({ ...wish, card: card === null ? null : await openCard(card) });
    },

    'visit.notice': async ({ kind }) => {
      await all.desks.tellNotice(kind);
      return {};
    },

    'visit.light': async ({ visitId }) => ({ slots: await visits.light(visitId) }),

    'visit.frames': async ({ visitId, from, frames }) => {
      await visits.frames(visitId, from, frames);
      return {};
    },

    'visit.submit': async ({ visitId, frameCount }) => shown(await visits.submit(visitId, frameCount)),

    'visit.cancel': async ({ visitId, because }) => {
      const level = visits.cancel(visitId);
      if (because !== null && level !== null) await all.desks.tellEnd(because, visitId, level);
      return {};
    },

    'visit.code': async ({ code }) => {
      requireRecognition();
      await store.lineage.require();
      return shown(await decideCode(settings.current.collectionId, code));
    },

    'visit.card': async ({ card }) => {
      requireRecognition();
      await store.lineage.require();
      await openCard(card);
      return {};
    },

    'visit.session': async ({ sessionId }) => {
      requireRecognition();
      await store.lineage.require();
      await sessions.open(sessionId);
      return {};
    },

    'camera.report': async ({ dark }) => {
      if (dark !== cameraIsDark) log[dark ? 'warn' : 'info']({ dark }, 'camera');
      cameraIsDark = dark;
      return {};
    },
  };
  return { handlers, close: () => visits.close() };
}
