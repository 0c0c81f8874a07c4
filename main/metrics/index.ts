export { dropMetrics, keepMetrics, startMetrics } from './metrics.ts';
