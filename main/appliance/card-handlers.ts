import { issueOf } from '../cards/index.ts';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';
import { faceIfThere } from './own-collection.ts';

/** Cards of people enrolled here, and the list of all. */
export function cardHandlers({ cards, engine, settings }: Collaborators): HandlersOf<'cards'> {
  const holderOf = async (faceId: string | null): Promise<{ readonly name: string | null } | null> => {
    if (faceId === null) return null;
    const face = await faceIfThere(engine.gallery, settings.current.collectionId, faceId);
    return face && { name: face.metadata.name ?? null };
  };

  return {
    'cards.issue': ({ faceId }) =>
      engine.serve((serving) => issueOf(cards, serving, settings.current, faceId)),
    'cards.list': async ({ offset, limit }) => {
      const all = await cards.list();
      const page = all.slice(offset, offset + limit);
      return {
        cards: await Promise.all(
          page.map(async (card) => ({ ...card, holder: await holderOf(card.faceId) })),
        ),
        total: all.length,
      };
    },
    'cards.revoke': async ({ cardId }) => {
      await cards.revoke(cardId);
      return {};
    },
  };
}
