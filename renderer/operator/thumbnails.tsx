import { t } from '../i18n.ts';
import { Icon } from '../ui/icon.tsx';
import type { Pictures } from './pictures.ts';

/** The pictures chosen, each of which can be left out again. */
export function Thumbnails({ pictures }: { readonly pictures: Pictures }) {
  if (pictures.list.length === 0) return null;
  return (
    <ul class="thumbnails">
      {pictures.list.map((picture, i) => (
        <li key={picture.url} class="thumbnail" data-testid="thumbnail">
          <img src={picture.url} alt={t('enrol.picture', { number: i + 1 })} />
          <button
            type="button"
            class="thumbnail-discard"
            aria-label={t('enrol.discard', { number: i + 1 })}
            data-testid="discard"
            onClick={() => pictures.discard(picture)}
          >
            <Icon name="cross" />
          </button>
        </li>
      ))}
    </ul>
  );
}
