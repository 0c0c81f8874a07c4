import { Option } from 'commander';
import { samples } from '../samples/samples.ts';
import { wholeNumber } from './numbers.ts';

/** So many presentations of each kind that none accepted leaves less than 2.5 %, or everybody on the sample photographs. */
const IDENTITIES = 150;
const SAMPLES = new Set(samples.faces.map(({ person }) => person)).size;

export const identitiesOption = (): Option =>
  new Option(
    '--identities <n>',
    `how many people to present; default: ${IDENTITIES}, or the ${SAMPLES} of the sample photographs`,
  ).argParser(wholeNumber(2));

/** How many people to present. @param images the folder of their photographs; by default those of the samples */
export const identitiesOf = ({ identities, images }: { identities?: number; images?: string }): number =>
  identities ?? (images === undefined ? SAMPLES : IDENTITIES);
