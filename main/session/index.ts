export { CHALLENGE, createVisits, type People, type Visits, type VisitsOptions } from './visits.ts';
