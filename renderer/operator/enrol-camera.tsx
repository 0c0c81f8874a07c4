import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { status } from '../appliance.ts';
import { encodeJpeg } from '../camera/picture.ts';
import { poseOf } from '../guidance/geometry.ts';
import type { GuidanceCode } from '../guidance/guidance.ts';
import { codeOf, type KioskErrorCode } from '../bridge/errors.ts';
import { errorText, t } from '../i18n.ts';
import { Cue } from '../kiosk/guide.tsx';
import { ObstacleScreen } from '../kiosk/obstacle.tsx';
import { obstacle } from '../screen.ts';
import { play, speak } from '../sound.ts';
import { announce } from '../ui/announce.tsx';
import { Button } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Preview } from '../ui/preview.tsx';
import { type EnrolView, isTooFar, shows, viewMissing, VIEWS } from './enrol-views.ts';
import type { Pictures } from './pictures.ts';
import { ask } from './session.ts';
import { useSights } from './sights.ts';

/** Milliseconds in which somebody reads why a picture was refused, and moves. */
const AGAIN_MS = 1_200;

interface Props {
  readonly pictures: Pictures;
  /** Who is enrolled already and is to get them. */
  readonly faceId: string | null;
  /** The pictures taken. */
  readonly children: ComponentChildren;
}

/** Asks for one view after the other and takes each picture by itself, once the guidance is followed. */
export function EnrolCamera({ pictures, faceId, children }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [wanted, setWanted] = useState<readonly EnrolView[]>([]);
  const [tooFar, setTooFar] = useState(false);
  const [refusal, setRefusal] = useState<KioskErrorCode | null>(null);
  /** The pictures to which another one is being taken. Once they are others, it comes too late. */
  const takingFor = useRef<Pictures['list'] | null>(null);
  const asked = viewMissing(wanted, pictures.list);

  /** Keeps a picture of the view that is asked for, unless it would be refused later. */
  const take = async (picture: VideoFrame, view: EnrolView): Promise<void> => {
    const { list } = pictures;
    takingFor.current = list;
    const refuse = (code: KioskErrorCode): void => {
      setRefusal(code);
      setTimeout(() => {
        if (takingFor.current === list) takingFor.current = null;
      }, AGAIN_MS);
    };
    try {
      const jpeg = await encodeJpeg(picture);
      const images = [...list.map(({ bytes }) => bytes), jpeg];
      const { rejected } = await ask('people.check-pictures', { images, source: 'camera', faceId });
      if (takingFor.current !== list) return;
      const refused = rejected.find(({ index }) => index === list.length);
      if (refused) return refuse(refused.code);
      setRefusal(null);
      pictures.add([jpeg], view);
    } catch (failure) {
      if (takingFor.current === list) refuse(codeOf(failure));
    }
  };
  const guidance = useSights(video, ({ guidance: { good }, face, picture }) => {
    const pose = face?.matrix ? poseOf(face.matrix) : null;
    setTooFar(asked !== null && pose !== null && isTooFar(asked, pose));
    if (asked === null || takingFor.current === pictures.list) return;
    if (good && pose !== null && shows(asked, pose)) void take(picture.clone(), asked);
  });
  useEffect(() => () => void (takingFor.current = null), []);

  const start = (): void => {
    pictures.clear();
    setRefusal(null);
    setWanted(VIEWS);
    place.current?.scrollIntoView({ block: 'center' });
  };
  const taken = VIEWS.filter((view) => pictures.list.some((picture) => picture.view === view)).length;
  const label =
    asked === null
      ? t(taken > 0 ? 'enrol.again' : 'enrol.capture')
      : t('enrol.capturing', { number: pictures.list.length + 1, total: wanted.length });
  const isBlocked = asked !== null || obstacle.value !== null;

  return (
    <div ref={place} class="enrol-camera">
      <Preview video={video} good={guidance === 'hold-still'} progress={taken / VIEWS.length} />
      <div class="enrol-beside">
        {!obstacle.value &&
          (asked === null || !isFollowed(guidance) ? (
            <Cue guidance={guidance} />
          ) : (
            <ViewCue view={asked} tooFar={tooFar} />
          ))}
        {asked !== null && refusal !== null && (
          <p class="hint" role="status" data-testid="picture-refused" data-code={refusal}>
            {errorText(refusal)}
          </p>
        )}
        <Button tone="secondary" disabled={isBlocked} testId="capture" onClick={start}>
          {label}
        </Button>
        {taken === VIEWS.length && !wanted.includes('glasses') && (
          <Button
            tone="quiet"
            disabled={isBlocked}
            testId="capture-glasses"
            onClick={() => setWanted([...VIEWS, 'glasses'])}
          >
            {t('enrol.glasses')}
          </Button>
        )}
        {children}
      </div>
      {obstacle.value && <ObstacleScreen obstacle={obstacle.value} />}
    </div>
  );
}

/** Whether the face is where it should be, so that what is left to say is where to look. */
const isFollowed = (guidance: GuidanceCode): boolean =>
  guidance === 'hold-still' || guidance === 'look-straight';

const ICONS = { front: 'straight', left: 'turn-left', right: 'turn-right', glasses: 'straight' } as const;

/** The view that is asked for: icon, text, sound and speech together. */
function ViewCue({ view, tooFar }: { readonly view: EnrolView; readonly tooFar: boolean }) {
  const text = tooFar ? t('enrol.tooFar') : t(`enrol.views.${view}`);
  useEffect(() => {
    announce(text);
    if (!status.peek()?.settings.sound) return;
    void play('step');
    speak(text);
  }, [text]);
  return (
    <p class="cue cue-good" data-testid="view" data-view={view}>
      <span class="cue-icon">
        <Icon name={ICONS[view]} />
      </span>
      <span>{text}</span>
    </p>
  );
}
