import './zod-config.ts';
import { render } from 'preact';
import { App } from './app.tsx';
import { followAppliance } from './appliance.ts';
import { connect } from './bridge/bridge.ts';
import { confine } from './confine.ts';
import { loadLandmarker } from './guidance/landmarker.ts';
import { followSession } from './operator/session.ts';
import './styles/index.ts';

confine();
connect();
followAppliance();
followSession();
void loadLandmarker();

const root = document.getElementById('app');
if (root) render(<App />, root);
