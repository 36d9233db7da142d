import * as asn1js from 'asn1js';
import { messageOf } from '../../model/errors.js';
import { BER_DEPTH_MAX, BerError, STRUCTURE_BYTES_MAX } from './ber-cursor.js';
import { der, setOf, TAG } from './der.js';

/** Elements of a structure that is read as a whole. */
const ELEMENTS_MAX = 20_000;

/** An element of a small structure: its tag, its own bytes, and what is in it. */
export interface Element {
  tagClass: number;
  tagNumber: number;
  /** All of it, tag and length included, as it came. */
  encoded: Buffer;
  children: Element[];
  block: asn1js.BaseBlock;
}

/** Parses a small structure in BER. @throws BerError */
export function parseStructure(bytes: Buffer, what: string): Element {
  const { offset, result } = parsed(bytes, what);
  if (offset === -1) throw new BerError(`${what} is not well formed: ${result.error}`);
  return elementOf(result);
}

/** The library throws errors of its own at times that are none, and at some other values. */
function parsed(bytes: Buffer, what: string): ReturnType<typeof asn1js.fromBER> {
  try {
    return asn1js.fromBER(bytes, {
      maxDepth: BER_DEPTH_MAX,
      maxNodes: ELEMENTS_MAX,
      maxContentLength: STRUCTURE_BYTES_MAX,
      parseEmbedded: false,
    });
  } catch (thrown) {
    throw new BerError(`${what} is not well formed: ${messageOf(thrown)}`);
  }
}

function elementOf(block: asn1js.BaseBlock): Element {
  const value = (block.valueBlock as { value?: unknown }).value;
  const children = block.idBlock.isConstructed && Array.isArray(value) ? value.map(elementOf) : [];
  return {
    tagClass: block.idBlock.tagClass,
    tagNumber: block.idBlock.tagNumber,
    encoded: Buffer.from(block.valueBeforeDecodeView),
    children,
    block,
  };
}

/** @throws BerError where the element is not there */
export function childAt(element: Element, position: number, what: string): Element {
  const child = element.children[position];
  if (child === undefined) throw new BerError(`${what} is missing`);
  return child;
}

export function oidOf(element: Element | undefined, what: string): string {
  if (!(element?.block instanceof asn1js.ObjectIdentifier)) throw new BerError(`${what} is no identifier`);
  return element.block.valueBlock.toString();
}

/** Content of an octet string in any form, or of a string with an implicit tag. */
export function octetsOf(element: Element | undefined, what: string): Buffer {
  if (element === undefined) throw new BerError(`${what} is missing`);
  if (element.children.length > 0) {
    return Buffer.concat(element.children.map((child) => octetsOf(child, what)));
  }
  const { valueHexView } = element.block.valueBlock as { valueHexView?: Uint8Array };
  if (valueHexView === undefined || element.block.idBlock.isConstructed) return Buffer.alloc(0);
  return Buffer.from(valueHexView);
}

export function integerOf(element: Element | undefined, what: string): number {
  if (!(element?.block instanceof asn1js.Integer)) throw new BerError(`${what} is no number`);
  return element.block.valueBlock.valueDec;
}

export const isContext = (element: Element, number: number): boolean =>
  element.tagClass === 3 && element.tagNumber === number;

/** The DER of an element, whatever form of length and of strings it came with. */
export function derOf(element: Element): Buffer {
  const tag = element.encoded[0]!;
  if (!element.block.idBlock.isConstructed) return der(tag, contentOf(element.encoded));
  if (element.block instanceof asn1js.OctetString) return der(TAG.octetString, octetsOf(element, 'a string'));
  const children = element.children.map(derOf);
  return element.block instanceof asn1js.Set ? setOf(...children) : der(tag, ...children);
}

/** What follows tag and length of a primitive element. */
function contentOf(encoded: Buffer): Buffer {
  const first = encoded[1]!;
  return encoded.subarray(first < 0x80 ? 2 : 2 + (first & 0x7f));
}
