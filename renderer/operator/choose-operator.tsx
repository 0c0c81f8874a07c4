import type { KioskOutput } from '#contract';
import { t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';

interface Props {
  readonly names: KioskOutput<'operator.names'>['operators'];
  readonly onChosen: (operatorId: string) => void;
  readonly onBack: () => void;
}

/** Who of several operators signs in. */
export function ChooseOperator({ names, onChosen, onBack }: Props) {
  return (
    <section class="pin pin-who" aria-labelledby="who-title" data-testid="who">
      <h1 id="who-title" class="pin-title">
        {t('operators.who')}
      </h1>
      <ul class="operator-names">
        {names.map(({ operatorId, name }) => (
          <li key={operatorId}>
            <Button tone="secondary" testId={`who-${operatorId}`} onClick={() => onChosen(operatorId)}>
              <bdi>{name}</bdi>
            </Button>
          </li>
        ))}
      </ul>
      <Button tone="quiet" testId="who-back" onClick={onBack}>
        {t('pin.back')}
      </Button>
    </section>
  );
}
