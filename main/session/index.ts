export {
  CHALLENGE,
  createVisits,
  type Judge,
  type People,
  type Visits,
  type VisitsOptions,
} from './visits.ts';
