/** Data of one's own, in files of each kind that the owner's page reads. */

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { inRepository } from '../../scripts/tools';
import { expect, test } from '../support/fixtures';
import { OwnerOnPage, ScientistOnPage } from '../support/people';

const file = (name: string, buffer: Buffer) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer,
});

/** As `numpy.save` writes an array of float64: 12 heights and weights. */
function npy(): Buffer {
  const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (12, 2), }"
    .padEnd(117)
    .concat('\n');
  const start = Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from('NUMPY\x01\x00'),
    Buffer.from([118, 0]),
  ]);
  const values = Float64Array.from({ length: 24 }, (_, at) => (at % 2 === 0 ? 170 : 60) + at / 8);
  return Buffer.concat([start, Buffer.from(header, 'latin1'), Buffer.from(values.buffer)]);
}

test('arrays of NumPy, IDX and JSON, packed or not, are published, and computed with', async ({
  page,
  newPerson,
}) => {
  const owner = await new OwnerOnPage(page).open();
  const published = owner.hook('published-item');

  await owner.hook('data-file').setInputFiles(file('bodies.npy', npy()));
  await expect(owner.hook('array-size')).toContainText('float32 [12, 2]');
  await expect(owner.hook('array-remark')).toContainText('float32');
  await expect(owner.hook('publish-summary')).toContainText('12 records');
  await owner.hook('publish').click();
  await expect(published.filter({ hasText: 'bodies' })).toContainText('[12, 2]');

  const labels = readFileSync(inRepository('examples/public/data/mnist/test-labels-idx1-ubyte.gz'));
  await owner.hook('data-file').setInputFiles(file('labels-idx1-ubyte.gz', labels));
  await expect(owner.hook('array-size')).toContainText('int32 [1000]');
  await owner.hook('publish-tags').fill('labels');
  await owner.hook('publish').click();
  await expect(published.filter({ hasText: 'labels' })).toContainText('[1000]');

  const json = gzipSync(JSON.stringify([[true, false, true]]));
  await owner.hook('data-file').setInputFiles(file('flags.json.gz', json));
  await expect(owner.hook('array-size')).toContainText('bool [1, 3]');
  await owner.hook('publish-axis').selectOption('1');
  await expect(owner.hook('publish-summary')).toContainText('3 records');
  await owner.hook('publish').click();
  await expect(published).toHaveCount(3);

  const scientist = new ScientistOnPage(await (await newPerson()).newPage());
  await scientist.knock(await owner.invite());
  await owner.admit();
  await scientist.expectConnected();
  await scientist.run(
    "return duet.store.get('bodies').mean(0).getValue({ requestBlock: true, name: 'means' });",
  );
  await owner.accept('means');
  await expect(scientist.hook('output-result')).toContainText('171.375');
  await expect(scientist.hook('output-result')).toContainText('61.5');
});

test('a file that holds no data is refused with what is wrong, and the page goes on', async ({
  page,
}) => {
  const owner = await new OwnerOnPage(page).open();
  const broken: readonly (readonly [string, Buffer, RegExp])[] = [
    ['cut.npy', npy().subarray(0, 200), /bytes where its shape needs/],
    ['cut.gz', gzipSync(npy()).subarray(0, 60), /gzip file is broken/],
    ['idx', Buffer.from([0, 0, 8, 1, 0, 0, 0, 9, 1]), /IDX file has 1 bytes/],
    ['list.json', Buffer.from('{"a": 1}'), /no list/],
    ['picture.csv', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), /no rows/],
  ];
  for (const [name, bytes, why] of broken) {
    await owner.hook('data-file').setInputFiles(file(name, bytes));
    await expect(owner.hook('data-error')).toContainText(why);
    await expect(owner.hook('published-item')).toHaveCount(0);
  }
  await owner.hook('data-file').setInputFiles(file('bodies.npy', npy()));
  await owner.hook('publish-cancel').click();
  await owner.publishSample();
});
