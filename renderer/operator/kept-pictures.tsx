import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n.ts';
import { ask } from './session.ts';

interface Props {
  readonly faceId: string;
  readonly name: string;
  /** Another value: they may have changed. */
  readonly version?: number;
}

/** The pictures kept of somebody enrolled; nothing where none are kept. */
export function KeptPictures({ faceId, name, version = 0 }: Props) {
  const [urls, setUrls] = useState<readonly string[]>([]);
  useEffect(() => {
    let made: string[] = [];
    let wanted = true;
    const load = async (): Promise<void> => {
      const answer = await ask('people.pictures', { faceId }).catch(() => null);
      if (!wanted || !answer) return;
      made = answer.pictures.map((bytes) => URL.createObjectURL(new Blob([new Uint8Array(bytes)])));
      setUrls(made);
    };
    void load();
    return () => {
      wanted = false;
      for (const url of made) URL.revokeObjectURL(url);
    };
  }, [faceId, version]);
  return <PicturesOf name={name} urls={urls} testId="kept-pictures" />;
}

interface PicturesProps {
  readonly name: string;
  readonly urls: readonly string[];
  readonly testId: string;
}

/** Pictures of somebody, to look at; nothing where there are none. */
export function PicturesOf({ name, urls, testId }: PicturesProps) {
  if (urls.length === 0) return null;
  return (
    <ul class="thumbnails" aria-label={t('people.picturesOf', { name })} data-testid={testId}>
      {urls.map((url, i) => (
        <li key={url} class="thumbnail">
          <img src={url} alt={t('enrol.picture', { number: i + 1 })} />
        </li>
      ))}
    </ul>
  );
}
