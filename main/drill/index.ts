export { beginDrill, createDrills, type DrilledVisit, type Drills, type HeldDrill } from './drills.ts';
export { describeReport, signReport, verifyReport } from './report.ts';
