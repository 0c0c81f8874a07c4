import { useState } from 'preact/hooks';
import { referencesMissing, type KioskOutput, type ShownFace } from '#contract';
import { errorText, t } from '../i18n.ts';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { EnrolTrial } from './enrol-trial.tsx';
import { ExpectedMisses } from './expected-misses.tsx';
import { labelOf } from './label.ts';
import type { Picture } from './pictures.ts';
import { useWayBack } from './way-back.ts';

interface Props {
  readonly outcome: Pick<KioskOutput<'people.enrol'>, 'face' | 'rejected' | 'withOthers'>;
  readonly title: string;
  readonly pictures: readonly Picture[];
  readonly onAddPictures: (face: ShownFace) => void;
  readonly onContinue: () => void;
}

/** What became of an enrolment: who is enrolled, and which pictures could not be used and why, and where one face of several was chosen. */
export function EnrolResult({ outcome, title, pictures, onAddPictures, onContinue }: Props) {
  const { face, rejected, withOthers } = outcome;
  useWayBack(onContinue);
  return (
    <section class="panel result" data-testid={face ? 'enrol-done' : 'enrol-none-usable'}>
      <span class={face ? 'disc disc-granted' : 'disc disc-denied'}>
        <Icon name={face ? 'check' : 'cross'} />
      </span>
      <h1>{title}</h1>
      {face && (
        <p>
          {t('enrol.doneHint', { count: face.referenceCount })} <ExpectedMisses face={face} />
        </p>
      )}
      {face &&
        withOthers.map(({ index, count }) => (
          <p key={index} class="hint" data-testid="with-others">
            {t('enrol.withOthers', { number: index + 1, count: count + 1 })}
          </p>
        ))}
      {rejected.length > 0 && (
        <>
          {face && <h2>{t('enrol.rejected')}</h2>}
          <ul class="rejected">
            {rejected.map(({ index, code, faceCount }) => (
              <li key={index} class="rejected-picture" data-testid="rejected" data-code={code}>
                <Shot url={pictures[index]?.url} text={t('enrol.picture', { number: index + 1 })} />
                <span>
                  {faceCount === undefined ? errorText(code) : t('enrol.tooManyFaces', { count: faceCount })}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
      {face && <EnrolTrial face={face} name={labelOf(face)} />}
      {face && referencesMissing(face.differing) > 0 && (
        <Button tone="secondary" testId="enrol-add-pictures" onClick={() => onAddPictures(face)}>
          {t('people.addPictures')}
        </Button>
      )}
      <Button tone="primary" testId="enrol-continue" onClick={onContinue}>
        {t(face ? 'enrol.another' : 'enrol.retry')}
      </Button>
    </section>
  );
}

/** A picture as it was given, which may be none at all. */
function Shot({ url, text }: { readonly url: string | undefined; readonly text: string }) {
  const [isBroken, setBroken] = useState(false);
  return isBroken ? (
    <span class="rejected-shot" role="img" aria-label={text}>
      <Icon name="file" />
    </span>
  ) : (
    <img class="rejected-shot" src={url} alt={text} onError={() => setBroken(true)} />
  );
}
