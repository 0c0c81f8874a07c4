import { t } from '../i18n.ts';
import { Icon } from '../ui/icon.tsx';
import { EnrolCamera } from './enrol-camera.tsx';
import { EnrolFiles } from './enrol-files.tsx';
import type { Pictures } from './pictures.ts';
import { Thumbnails } from './thumbnails.tsx';

export type Source = 'camera' | 'file';

const SOURCES = [
  { source: 'camera', icon: 'camera', text: 'enrol.fromCamera' },
  { source: 'file', icon: 'file', text: 'enrol.fromFiles' },
] as const;

interface Props {
  readonly pictures: Pictures;
  readonly source: Source;
  readonly onSource: (source: Source) => void;
  /** Who is enrolled already and is to get the pictures. */
  readonly faceId?: string;
}

/** Pictures of one person, from the camera or from files. */
export function PictureSource({ pictures, source, onSource, faceId }: Props) {
  return (
    <>
      <div class="segments">
        {SOURCES.map((each) => (
          <label key={each.source} class="segment">
            <input
              type="radio"
              name="source"
              checked={source === each.source}
              data-testid={`source-${each.source}`}
              onChange={() => {
                pictures.clear();
                onSource(each.source);
              }}
            />
            <Icon name={each.icon} />
            {t(each.text)}
          </label>
        ))}
      </div>
      {source === 'camera' ? (
        <EnrolCamera pictures={pictures} faceId={faceId ?? null}>
          <Thumbnails pictures={pictures} />
        </EnrolCamera>
      ) : (
        <>
          <EnrolFiles onPictures={(added) => pictures.add(added)} />
          <Thumbnails pictures={pictures} />
        </>
      )}
    </>
  );
}
