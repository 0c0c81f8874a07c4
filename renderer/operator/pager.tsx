import { t } from '../i18n.ts';
import { IconButton } from '../ui/button.tsx';

interface Props {
  readonly offset: number;
  /** Lines on a page. */
  readonly size: number;
  readonly total: number;
  readonly onOffset: (offset: number) => void;
}

/** From page to page of a list; nothing where it has one. */
export function Pager({ offset, size, total, onOffset }: Props) {
  if (total <= size) return null;
  return (
    <div class="pager">
      <IconButton
        icon="back"
        label={t('people.previous')}
        disabled={offset === 0}
        testId="page-previous"
        onClick={() => onOffset(offset - size)}
      />
      <span data-testid="page">
        {t('people.page', { page: offset / size + 1, pages: Math.ceil(total / size) })}
      </span>
      <IconButton
        icon="forward"
        label={t('people.next')}
        disabled={offset + size >= total}
        testId="page-next"
        onClick={() => onOffset(offset + size)}
      />
    </div>
  );
}
