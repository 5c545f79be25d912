import { printable } from '../output.js';

const COLOUR = /(\u001b\[[0-9;]{0,30}m)/;

/** Foreign output for a terminal: lines, tabs and colours stay, everything that could do more is shown as a replacement character. */
export const visible = (text: string): string =>
  text
    .replace(/\r\n?/g, '\n')
    .split(COLOUR)
    .map((part, i) => (i % 2 === 1 ? part : part.split('\t').map(printable).join('\t')))
    .join('');
