/** The console as people use it, in a real browser over a real Annex. */
import { describeConsole, openConsole } from './browser.js';
import { findAndFix } from './journeys/find-and-fix.js';
import { takeFromTheCatalogue } from './journeys/catalogue.js';
import { growTheTree } from './journeys/settings-tree.js';
import { installWithConsent } from './journeys/install.js';
import { keepWatch } from './journeys/keep-watch.js';
import { lookAtEveryScreen } from './journeys/every-screen.js';
import { mapEvents } from './journeys/mappings.js';
import { operate, watchThePlatform } from './journeys/operate.js';
import { reachOthers } from './journeys/reach-others.js';
import { embedThePortal } from './journeys/portal.js';
import { enterForSupport } from './journeys/support.js';
import { signInFirst } from './journeys/sign-in.js';
import { steerSources } from './journeys/sources.js';
import { useKeys } from './journeys/keys.js';
import { workWithJobs } from './journeys/jobs.js';

describeConsole('the console', () => {
  openConsole();
  signInFirst();
  installWithConsent();
  workWithJobs();
  findAndFix();
  reachOthers();
  mapEvents();
  steerSources();
  growTheTree();
  takeFromTheCatalogue();
  useKeys();
  operate();
  watchThePlatform();
  enterForSupport();
  keepWatch();
  embedThePortal();
  lookAtEveryScreen();
});
