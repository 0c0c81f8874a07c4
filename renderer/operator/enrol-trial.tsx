import { useEffect, useRef, useState } from 'preact/hooks';
import type { Decision, Face } from '#contract';
import { encodeJpeg } from '../camera/picture.ts';
import { codeOf } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { Cue } from '../kiosk/guide.tsx';
import { ObstacleScreen } from '../kiosk/obstacle.tsx';
import { obstacle } from '../screen.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Preview } from '../ui/preview.tsx';
import { ask } from './session.ts';
import { useSights } from './sights.ts';

interface Props {
  readonly face: Pick<Face, 'faceId'>;
  readonly name: string;
}

/** Whether somebody who was just enrolled is recognised: one more look at the camera, when they are ready. */
export function EnrolTrial({ face, name }: Props) {
  const [isLooking, setLooking] = useState(false);
  const [found, setFound] = useState<{ readonly recognised: boolean; readonly text: string } | null>(null);

  const decide = async (picture: VideoFrame): Promise<void> => {
    try {
      const decision = await ask('people.try', { image: await encodeJpeg(picture) });
      const recognised = decision.person?.faceId === face.faceId;
      const text = recognised ? t('enrol.recognised', { name }) : whyNot(decision);
      announce(text);
      setFound({ recognised, text });
    } catch (failure) {
      setFound({ recognised: false, text: errorText(codeOf(failure)) });
    } finally {
      setLooking(false);
    }
  };
  const look = (): void => {
    setFound(null);
    setLooking(true);
  };
  if (isLooking) return <Look onPicture={(picture) => void decide(picture)} />;
  return (
    <>
      {found && (
        <p
          class={found.recognised ? 'trial trial-granted' : 'trial trial-denied'}
          data-testid="trial"
          data-recognised={found.recognised}
        >
          {found.text}
        </p>
      )}
      <Button tone="secondary" testId="try" onClick={look}>
        {t(found ? 'enrol.tryAgain' : 'enrol.try')}
      </Button>
    </>
  );
}

function whyNot({ person, hints }: Decision): string {
  if (person) return t('enrol.recognisedOther', { name: person.name ?? t('people.noName') });
  const [hint] = hints;
  return hint ? `${t('enrol.notRecognised')} ${errorText(hint)}` : t('enrol.notRecognised');
}

/** Takes one picture, once the guidance is followed. */
function Look({ onPicture }: { readonly onPicture: (picture: VideoFrame) => void }) {
  const place = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const isTaken = useRef(false);
  const guidance = useSights(video, ({ guidance: { good }, picture }) => {
    if (!good || isTaken.current) return;
    isTaken.current = true;
    onPicture(picture.clone());
  });
  // On a small panel it would begin below the screen.
  useEffect(() => place.current?.scrollIntoView({ block: 'center' }), []);
  return (
    <div ref={place} class="enrol-camera trial-camera">
      <Preview video={video} good={guidance === 'hold-still'} progress={0} />
      {obstacle.value ? (
        <ObstacleScreen obstacle={obstacle.value} />
      ) : (
        <div class="enrol-beside">
          <Cue guidance={guidance} />
        </div>
      )}
    </div>
  );
}
