import * as tf from '@tensorflow/tfjs';
import type { OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { DuetElement } from '../base/duet-element';
import { commaList, fieldNumber, fieldText } from '../base/forms';
import { byteWords, count, errorWords, shapeWords } from '../base/words';
import type { FileArray } from '../files/array-file';
import { accessOptions, pointableOf } from './access';
import { keepField, wantsKept } from './keep-field';

/**
 * Publishing one array of a file. Fires `published` with its name, and `cancelled`.
 */
export class ArrayForm extends DuetElement {
  static override readonly properties = {
    duet: { attribute: false },
    array: { attribute: false },
    name: { attribute: false },
  };
  declare duet: OwnerDuet;
  declare array: FileArray;
  declare name: string;
  #axis = 0;
  #problem = '';
  #publishing = false;

  protected override render(): TemplateResult {
    const { dtype, shape, values, remarks } = this.array;
    return html`<form class="panel-body" @submit=${this.#publish} data-testid="array-form">
      <div class="panel-head">
        <h3>${this.name}</h3>
        <span class="soft small" data-testid="array-size">
          ${dtype} ${shapeWords(shape)}, ${byteWords(values.byteLength)}
        </span>
      </div>
      ${remarks.map((remark) => html`<p class="notice warn" data-testid="array-remark">${remark}</p>`)}
      <div class="fields">
        <label class="field">
          <span>Tags, with commas between; handlers go by them</span>
          <input type="text" name="tags" required .value=${this.name} data-testid="publish-tags" />
        </label>
        ${
          shape.length === 0
            ? nothing
            : html`<label class="field">
              <span>What one record is: a person, a visit, a picture</span>
              <select name="axis" data-testid="publish-axis" @change=${this.#chooseAxis}>
                ${shape.map((length, axis) => html`<option value=${axis}>one entry of axis ${axis}, of ${count(length, 'entry', 'entries')}</option>`)}
              </select>
            </label>`
        }
        <label class="field wide">
          <span>Description, which scientists read</span>
          <textarea name="description" rows="2" maxlength="1000" data-testid="publish-description"></textarea>
        </label>
        <label class="field">
          <span>The fewest records that a handler may sum (10 or more)</span>
          <input type="number" name="minRecords" min="1" step="1" placeholder="10" data-testid="publish-min-records" />
        </label>
        <label class="field">
          <span>Who may see and use it</span>
          <select name="pointable" data-testid="publish-access">
            ${accessOptions(this.duet, true)}
          </select>
        </label>
      </div>
      ${keepField(this.duet)}
      <p class="notice" role="status" data-testid="publish-summary">${this.#summary()}</p>
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="publish-error">${this.#problem}</p>`
      }
      <div class="actions">
        <button class="primary" ?disabled=${this.#publishing} data-testid="publish">Publish</button>
        <button type="button" data-testid="publish-cancel" @click=${() => this.dispatchEvent(new CustomEvent('cancelled'))}>
          Another file
        </button>
      </div>
    </form>`;
  }

  #summary(): string {
    const { dtype, shape } = this.array;
    const records = shape[this.#axis];
    const of = records === undefined ? 'one value' : count(records, 'record');
    return `Scientists will see ${dtype} ${shapeWords(shape)}, which are ${of}, and no value.`;
  }

  #chooseAxis(event: Event & { readonly currentTarget: HTMLSelectElement }): void {
    this.#axis = Number(event.currentTarget.value);
    this.requestUpdate();
  }

  async #publish(event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    this.#publishing = true;
    this.#problem = '';
    this.requestUpdate();
    const { values, shape, dtype } = this.array;
    const tensor = tf.tensor(values, [...shape], dtype);
    const minRecords = fieldNumber(form, 'minRecords');
    try {
      await this.duet.store.add(tensor, {
        tags: commaList(fieldText(form, 'tags')),
        description: fieldText(form, 'description'),
        pointable: pointableOf(fieldText(form, 'pointable')) ?? true,
        keep: wantsKept(form),
        ...(shape.length > 0 && { recordAxis: this.#axis }),
        ...(minRecords !== undefined && { minRecords }),
      });
      this.dispatchEvent(new CustomEvent('published', { detail: this.name }));
    } catch (error) {
      this.#problem = errorWords(error);
    } finally {
      tensor.dispose();
    }
    this.#publishing = false;
    this.requestUpdate();
  }
}

customElements.define('duet-array-form', ArrayForm);

declare global {
  interface HTMLElementTagNameMap {
    'duet-array-form': ArrayForm;
  }
}
