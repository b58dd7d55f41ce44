import {
  count,
  errorWords,
  fetchIdx,
  type IdxArray,
  keepField,
  shapeWords,
  wantsKept,
} from '@duet/elements';
import * as tf from '@tensorflow/tfjs';
import type { OwnerDuet } from 'duetjs';
import { html, nothing, type TemplateResult } from 'lit';
import { LightElement } from '../shared/light-element';

const credit = 'MNIST, a subset. Y. LeCun, C. Cortes, CC BY-SA 3.0.';

interface Part {
  readonly images: IdxArray;
  readonly labels: IdxArray;
}

export interface Digits {
  readonly train: Part;
  readonly test: Part;
}

async function fetchPart(name: 'train' | 'test'): Promise<Part> {
  const [images, labels] = await Promise.all([
    fetchIdx(`/data/mnist/${name}-images-idx3-ubyte.gz`),
    fetchIdx(`/data/mnist/${name}-labels-idx1-ubyte.gz`),
  ]);
  return { images, labels };
}

/** The sample of MNIST that comes with these pages. Throws FileError. */
export async function fetchDigits(): Promise<Digits> {
  const [train, test] = await Promise.all([fetchPart('train'), fetchPart('test')]);
  return { train, test };
}

/** Images as `X` [n, 28, 28, 1] from 0 to 1, and labels as `y` [n]. The caller disposes both. */
function tensorsOf({ images, labels }: Part): { X: tf.Tensor; y: tf.Tensor } {
  const pixels = Float32Array.from(images.bytes, (byte) => byte / 255);
  return {
    X: tf.tensor(pixels, [...images.shape, 1]),
    y: tf.tensor1d(Int32Array.from(labels.bytes), 'int32'),
  };
}

/** Publishing handwritten digits: those to train on are private, those to test with anyone may read. */
export class DigitsForm extends LightElement {
  static override readonly properties = {
    duet: { attribute: false },
    digits: { attribute: false },
  };
  declare duet: OwnerDuet;
  declare digits: Digits;
  #problem = '';
  #publishing = false;

  protected override render(): TemplateResult {
    const { train, test } = this.digits;
    const shape = (part: Part) => shapeWords([...part.images.shape, 1]);
    return html`<form class="panel-body" @submit=${this.#publish} data-testid="digits-form">
      <h3>Handwritten digits</h3>
      <p class="notice" role="status" data-testid="publish-summary">
        Scientists will see mnist with X ${shape(train)} and y, and no value of them:
        ${count(train.labels.bytes.length, 'image')} to train on. Besides, mnist-test with
        ${count(test.labels.bytes.length, 'image')}, which they may read: everybody has those, to test with.
      </p>
      ${keepField(this.duet)}
      ${
        this.#problem === ''
          ? nothing
          : html`<p class="notice bad" role="alert" data-testid="publish-error">${this.#problem}</p>`
      }
      <div class="actions">
        <button class="primary" ?disabled=${this.#publishing} data-testid="publish">Publish</button>
        <button type="button" data-testid="publish-cancel" @click=${() => this.dispatchEvent(new CustomEvent('cancelled'))}>
          Other data
        </button>
      </div>
    </form>`;
  }

  async #publish(event: SubmitEvent & { readonly currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const keep = wantsKept(event.currentTarget);
    this.#publishing = true;
    this.#problem = '';
    this.requestUpdate();
    try {
      await this.#add('mnist', this.digits.train, { public: false, keep });
      await this.#add('mnist-test', this.digits.test, { public: true, keep });
      this.dispatchEvent(new CustomEvent('published', { detail: 'mnist and mnist-test' }));
    } catch (error) {
      this.#problem = errorWords(error);
    }
    this.#publishing = false;
    this.requestUpdate();
  }

  async #add(
    name: string,
    part: Part,
    options: { readonly public: boolean; readonly keep: boolean },
  ): Promise<void> {
    const fields = tensorsOf(part);
    try {
      await this.duet.store.addDataset(fields, {
        name,
        tags: [name],
        description: `${options.public ? 'Test' : 'Training'} images of handwritten digits, and what they are. ${credit}`,
        ...options,
      });
    } finally {
      tf.dispose([fields.X, fields.y]);
    }
  }
}

customElements.define('duet-digits-form', DigitsForm);

declare global {
  interface HTMLElementTagNameMap {
    'duet-digits-form': DigitsForm;
  }
}
