/** The main job between each two of the browsers: it trains, asks and is answered, and learns the same as tfjs does locally. */

import { browserNames, test } from '../support/fixtures';
import { doMainJob } from '../support/main-job';
import { joined } from '../support/people';

for (const ownerIn of browserNames) {
  for (const scientistIn of browserNames) {
    test(`${ownerIn} owner, ${scientistIn} scientist: the main job`, async ({ personIn }) => {
      const ownerPage = await (await personIn(ownerIn)).newPage();
      const { owner, scientist } = await joined(
        ownerPage,
        await (await personIn(scientistIn)).newPage(),
      );
      await doMainJob(owner, scientist);
    });
  }
}
