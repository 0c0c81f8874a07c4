import { LintelError } from '#contract';
import { cardOf } from '../cards/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';

/** Cards of people enrolled here. */
export function cardHandlers({ cards, engine, settings }: Collaborators): HandlersOf<'cards'> {
  return {
    'cards.issue': ({ faceId }) =>
      engine.serve(async ({ gallery, recognizer: { modelId } }) => {
        const { collectionId } = settings.current;
        const { card, consent } = cardOf(await gallery.getFace(collectionId, faceId), settings.current);
        const template = await gallery.typicalTemplate(collectionId, faceId);
        if (template === null) throw new LintelError('face-not-found', '(not by the network that serves)');
        return await cards.issue(card, { consent, modelId, template });
      }),
    'cards.list': async ({ offset, limit }) => {
      const all = await cards.list();
      return { cards: all.slice(offset, offset + limit), total: all.length };
    },
    'cards.revoke': async ({ cardId }) => {
      await cards.revoke(cardId);
      return {};
    },
  };
}
