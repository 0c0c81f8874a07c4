import { useState } from 'preact/hooks';
import type { KioskOutput } from '#contract';
import type { KioskErrorCode } from '../bridge/errors.ts';
import { errorText, formatDate, t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { FormError } from '../ui/form-error.tsx';
import { Icon } from '../ui/icon.tsx';
import { auditWords } from './audit-words.ts';
import { InnerPanel } from './panel.tsx';
import { ask } from './session.ts';
import { useLoad } from './use-load.ts';

type Line = KioskOutput<'audit.list'>['lines'][number];

/** The audit log in words, the newest line first, and each line as it is written. */
export function AuditList({ onClose }: { readonly onClose: () => void }) {
  const [lines, setLines] = useState<readonly Line[]>([]);
  const [before, setBefore] = useState<number | null>(null);
  const [isAll, setAll] = useState(false);
  const [error, setError] = useState<KioskErrorCode | null>(null);
  useLoad(
    () => ask('audit.list', { before }),
    (page) => {
      setLines((now) => [...now, ...page.lines]);
      setAll(page.lines.length === 0);
    },
    setError,
    [before],
  );
  const oldest = lines.at(-1)?.n ?? 1;
  return (
    <InnerPanel name="audit" title={t('audit.title')} onBack={onClose}>
      <p class="hint">{t('audit.hint')}</p>
      <FormError text={error && errorText(error)} testId="audit-error" />
      <ul class="visitors" data-testid="audit-lines">
        {lines.map(({ n, at, actor, kind, name, details }) => (
          <li key={n} class="visitor" data-testid="audit-line">
            <div class="visitor-who">
              <span>
                {formatDate(new Date(at), { dateStyle: 'short', timeStyle: 'medium' })}{' '}
                <strong>
                  <bdi dir="ltr">{actor}</bdi>
                </strong>
              </span>
              <span>
                {auditWords({ kind, details }) ?? <bdi dir="ltr">{kind}</bdi>}
                {name !== null && (
                  <>
                    {': '}
                    <bdi>{name}</bdi>
                  </>
                )}
              </span>
              <details class="audit-kept">
                <summary>
                  {t('audit.kept')}
                  <Icon name="down" />
                </summary>
                <bdi dir="ltr">
                  {kind} {details}
                </bdi>
              </details>
            </div>
          </li>
        ))}
      </ul>
      {oldest > 1 && !isAll && (
        <Button tone="secondary" testId="audit-more" onClick={() => setBefore(oldest)}>
          {t('events.more')}
        </Button>
      )}
    </InnerPanel>
  );
}
