/** What keeps a file from being a report, in words that follow its name: `is no XML: …`. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
