/** Writes src/table.generated.ts from tfjs's declarations, then what follows from the policy over it: gradients and docs/ops.md. */

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readTable, tableSource } from './table';

const room = join(dirname(fileURLToPath(import.meta.url)), '..');
writeFileSync(join(room, 'src', 'table.generated.ts'), tableSource(readTable()));
// After the table is written, since the policy reads it.
const { opsPage } = await import('./docs');
writeFileSync(join(room, '..', '..', 'docs', 'ops.md'), opsPage());
const { findGradients, gradientsSource } = await import('./gradients');
writeFileSync(join(room, 'src', 'gradients.generated.ts'), gradientsSource(await findGradients()));
