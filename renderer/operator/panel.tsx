import type { ComponentChildren } from 'preact';
import { t } from '../i18n.ts';
import { IconButton } from '../ui/button.tsx';
import { useWayBack } from './way-back.ts';

interface Props {
  /** Ids of its parts begin with it. */
  readonly name: string;
  readonly title: ComponentChildren;
  /** Beside the title. */
  readonly beside?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A page of the operator's, under its title. */
export function Panel({ name, title, beside, children }: Props) {
  return (
    <section class="panel" aria-labelledby={`${name}-title`}>
      <div class="panel-head">
        <h1 id={`${name}-title`}>{title}</h1>
        {beside}
      </div>
      {children}
    </section>
  );
}

/** A page that a list leads to, with the way back to it. */
export function InnerPanel({
  name,
  title,
  beside,
  onBack,
  children,
}: Props & { readonly onBack: () => void }) {
  useWayBack(onBack);
  return (
    <section class="panel" aria-labelledby={`${name}-title`} data-testid={`${name}-page`}>
      <div class="panel-head panel-head-inner">
        <IconButton icon="back" label={t('people.backToList')} testId={`${name}-close`} onClick={onBack} />
        <h1 id={`${name}-title`}>{title}</h1>
        {beside}
      </div>
      {children}
    </section>
  );
}
