/** What the owner says of the records of a table: whose they are, which parts they have, how few may be summed. */

import type { AddDatasetOptions, OwnerDuet } from 'duetjs';
import { html, type TemplateResult } from 'lit';
import { fieldNumber, fieldText } from '../base/forms';
import type { Column } from '../files/csv';
import { accessOptions, pointableOf } from './access';
import { splitsOf } from './splits';

type RecordOptions = Pick<AddDatasetOptions, 'minRecords' | 'splits' | 'pointable'>;

export function recordFields(duet: OwnerDuet, columns: readonly Column[]): TemplateResult {
  return html`<details>
    <summary data-testid="publish-records">Persons, parts, and who may see it</summary>
    <div class="fields">
      <label class="field">
        <span>Each row is one record. Rows with one value here are of one person:</span>
        <select name="unit" data-testid="publish-unit">
          <option value="">every row is another person</option>
          ${columns.map(({ name }, at) => html`<option value=${at}>${name}</option>`)}
        </select>
      </label>
      <label class="field">
        <span>The fewest that a handler may sum (10 or more)</span>
        <input type="number" name="minRecords" min="1" step="1" placeholder="10" data-testid="publish-min-records" />
      </label>
      <label class="field">
        <span>Parts, by their first row and the one after the last</span>
        <input type="text" name="splits" placeholder="train 0-400, test 400-456" autocomplete="off" data-testid="publish-splits" />
      </label>
      <label class="field">
        <span>Who may see and use it</span>
        <select name="pointable" data-testid="publish-access">
          ${accessOptions(duet, true)}
        </select>
      </label>
    </div>
  </details>`;
}

/** The column that tells persons, among those that were offered. */
export function unitColumn(form: HTMLFormElement, columns: readonly Column[]): Column | undefined {
  const at = fieldNumber(form, 'unit');
  return at === undefined ? undefined : columns[at];
}

/** Throws on parts that cannot be read. */
export function recordOptions(form: HTMLFormElement): RecordOptions {
  const minRecords = fieldNumber(form, 'minRecords');
  const splits = splitsOf(fieldText(form, 'splits'));
  return {
    ...(minRecords !== undefined && { minRecords }),
    ...(splits && { splits }),
    pointable: pointableOf(fieldText(form, 'pointable')) ?? true,
  };
}
