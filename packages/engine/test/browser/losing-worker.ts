/** The engine's worker, with a GPU that is lost when it is told so. */

import './losing';
import '../../src/worker/engine-worker';
