import * as tf from '@tensorflow/tfjs';
import type { AddDatasetOptions, OwnerDuet } from 'duetjs';
import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { commaList, fieldText } from '../base/forms';
import { count, errorWords, shortNumber } from '../base/words';
import { type Column, type CsvTable, completeRows, rowMajor, typeWords } from '../files/csv';
import { keepField, wantsKept } from './keep-field';
import { recordFields, recordOptions, unitColumn } from './record-fields';

/** Which columns become X and which y, under which words they are published. */
export class PublishForm extends DuetElement {
  static override readonly properties = {
    duet: { attribute: false },
    table: { attribute: false },
    name: { attribute: false },
    description: { attribute: false },
  };
  declare duet: OwnerDuet;
  declare table: CsvTable;
  declare name: string;
  declare description: string;
  readonly #features = new Set<Column>();
  #target: Column | undefined;
  #problem = '';
  #publishing = false;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('table')) this.#chooseColumns();
  }

  /** A guess to start from: the last column of numbers is the target, all others are features. */
  #chooseColumns(): void {
    const numeric = this.#numeric;
    this.#target = numeric.length > 1 ? numeric.at(-1) : undefined;
    this.#features.clear();
    for (const column of numeric) if (column !== this.#target) this.#features.add(column);
  }

  get #numeric(): readonly Column[] {
    return this.table.columns.filter(({ type }) => type === 'number');
  }

  /** In the order of the file. */
  get #chosen(): readonly Column[] {
    return this.table.columns.filter((column) => this.#features.has(column));
  }

  get #rows(): readonly number[] {
    const columns = this.#target ? [...this.#chosen, this.#target] : this.#chosen;
    return completeRows(this.table.rows, columns);
  }

  protected override render(): TemplateResult {
    const { table } = this;
    const rows = this.#rows.length;
    const canPublish = this.#features.size > 0 && rows > 0 && !this.#publishing;
    return html`<form class="panel-body" @submit=${this.#publish} data-testid="publish-form">
      <div class="panel-head">
        <h3>${this.name}</h3>
        <span class="soft small" data-testid="csv-size">
          ${count(table.rows, 'row')}, ${count(table.columns.length, 'column')}
        </span>
      </div>
      ${this.#remarks()} ${this.#columnTable()} ${this.#firstRows()}
      <div class="fields">
        <label class="field">
          <span>Name</span>
          <input type="text" name="name" maxlength="64" required .value=${this.name} data-testid="publish-name" />
        </label>
        <label class="field">
          <span>Tags, with commas between; handlers go by them</span>
          <input type="text" name="tags" .value=${this.name} data-testid="publish-tags" />
        </label>
        <label class="field wide">
          <span>Description, which scientists read</span>
          <textarea
            name="description"
            rows="2"
            maxlength="1000"
            .value=${this.description}
            data-testid="publish-description"
          ></textarea>
        </label>
      </div>
      ${recordFields(this.duet, this.#numeric)} ${keepField(this.duet)}
      <p class="notice" role="status" data-testid="publish-summary">${this.#summary(rows)}</p>
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="publish-error">${this.#problem}</p>`
      }
      <div class="actions">
        <button class="primary" ?disabled=${!canPublish} data-testid="publish">Publish</button>
        <button type="button" data-testid="publish-cancel" @click=${() => this.dispatchEvent(new CustomEvent('cancelled'))}>
          Another file
        </button>
      </div>
    </form>`;
  }

  #remarks(): TemplateResult {
    const numbers = this.#numeric.length;
    const others = this.table.columns.length - numbers;
    const remarks = [
      ...this.table.remarks,
      ...(numbers === 0
        ? ['No column holds numbers alone, so there is nothing to publish. Choose another file.']
        : []),
      ...(numbers > 0 && others > 0
        ? [
            `${count(others, 'column')} cannot be published: not all of ${others === 1 ? 'its' : 'their'} cells are numbers. Write categories as numbers in the file if scientists need them.`,
          ]
        : []),
    ];
    return html`${remarks.map((remark) => html`<p class="notice warn" data-testid="csv-remark">${remark}</p>`)}`;
  }

  #columnTable(): TemplateResult {
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Columns">
      <table data-testid="columns">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col" class="center">Feature</th>
            <th scope="col" class="center">Target</th>
            <th scope="col">Type</th>
            <th scope="col">Missing</th>
            <th scope="col">Range, which only you see</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row"></th>
            <td class="center">
              <button type="button" class="plain" data-testid="features-all" @click=${this.#allOrNone}>
                ${this.#features.size > 0 ? 'none' : 'all'}
              </button>
            </td>
            <td class="center">
              <label>
                <input
                  type="radio"
                  name="target"
                  .checked=${this.#target === undefined}
                  @change=${() => this.#setTarget(undefined)}
                  data-testid="target-none"
                />
                none
              </label>
            </td>
            <td colspan="3"></td>
          </tr>
          ${this.table.columns.map((column) => this.#columnRow(column))}
        </tbody>
      </table>
    </div>`;
  }

  #columnRow(column: Column): TemplateResult {
    const { name, type, missing, min, max } = column;
    const isNumber = type === 'number';
    return html`<tr class=${isNumber ? '' : 'off'}>
      <th scope="row">${name}</th>
      <td class="center">
        <input
          type="checkbox"
          aria-label="${name} is a feature"
          .checked=${this.#features.has(column)}
          ?disabled=${!isNumber}
          @change=${() => this.#toggle(column)}
        />
      </td>
      <td class="center">
        <input
          type="radio"
          name="target"
          aria-label="${name} is the target"
          .checked=${this.#target === column}
          ?disabled=${!isNumber}
          @change=${() => this.#setTarget(column)}
        />
      </td>
      <td>${typeWords(column)}</td>
      <td>${missing === 0 ? '' : missing}</td>
      <td>${isNumber ? `${shortNumber(min)} to ${shortNumber(max)}` : ''}</td>
    </tr>`;
  }

  #firstRows(): TemplateResult {
    const { columns, firstRows } = this.table;
    return html`<details>
      <summary>The first ${firstRows.length} rows, which only you see</summary>
      <div class="scroll" tabindex="0" role="region" aria-label="First rows">
        <table data-testid="first-rows">
          <thead>
            <tr>
              ${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${firstRows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}
          </tbody>
        </table>
      </div>
    </details>`;
  }

  #summary(rows: number): string {
    if (this.#features.size === 0) return 'Choose at least one feature.';
    const y = this.#target ? ` and y [${rows}, 1] (${this.#target.name})` : '';
    const left = this.table.rows - rows;
    const leftOut =
      left === 0
        ? 'No row has a missing cell in them.'
        : `${count(left, 'row')} with missing cells in them ${left === 1 ? 'is' : 'are'} left out.`;
    return `Scientists will see X [${rows}, ${this.#features.size}]${y} with the names of their columns, and no value. ${leftOut}`;
  }

  #allOrNone(): void {
    if (this.#features.size > 0) this.#features.clear();
    else
      for (const column of this.#numeric) if (column !== this.#target) this.#features.add(column);
    this.requestUpdate();
  }

  #toggle(column: Column): void {
    if (!this.#features.delete(column)) this.#features.add(column);
    if (this.#target === column) this.#target = undefined;
    this.requestUpdate();
  }

  #setTarget(column: Column | undefined): void {
    this.#target = column;
    if (column) this.#features.delete(column);
    this.requestUpdate();
  }

  async #publish(event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    this.#publishing = true;
    this.#problem = '';
    this.requestUpdate();
    const name = fieldText(form, 'name');
    try {
      await this.#addDataset(
        {
          name,
          tags: commaList(fieldText(form, 'tags')),
          description: fieldText(form, 'description'),
          ...recordOptions(form),
          keep: wantsKept(form),
        },
        unitColumn(form, this.#numeric),
      );
      this.dispatchEvent(new CustomEvent('published', { detail: name }));
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.#publishing = false;
    this.requestUpdate();
  }

  /** `unit`: the column that tells persons. It is published as a field of its own unless it is a feature. */
  async #addDataset(options: AddDatasetOptions, unit: Column | undefined): Promise<void> {
    const features = this.#chosen;
    const target = this.#target;
    const isFeature = unit !== undefined && features.includes(unit);
    const parts = new Map([['X', features]]);
    if (target) parts.set('y', [target]);
    if (unit && !isFeature) parts.set('person', [unit]);
    const rows = completeRows(this.table.rows, [...parts.values()].flat());
    const fields = new Map(
      [...parts].map(([field, columns]) => [
        field,
        tf.tensor2d(rowMajor(rows, columns), [rows.length, columns.length]),
      ]),
    );
    try {
      await this.duet.store.addDataset(Object.fromEntries(fields), {
        ...options,
        columns: Object.fromEntries(
          [...parts].map(([field, columns]) => [field, columns.map(({ name }) => name)]),
        ),
        ...(unit && { unit: isFeature ? `X.${unit.name}` : 'person' }),
      });
    } finally {
      tf.dispose([...fields.values()]);
    }
  }
}

customElements.define('duet-publish-form', PublishForm);
