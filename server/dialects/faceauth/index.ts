export { pageCalls } from './pages/account-pages.ts';
export { WidgetFiles } from './pages/widget-files.ts';
export { faceauth } from './plugin.ts';
