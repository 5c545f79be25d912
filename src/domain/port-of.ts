const USUAL: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** The port of an address such as `http://127.0.0.1:8080`; `undefined`: it names none, as that of a router of one's own may. */
export function portOf(address: string): number | undefined {
  if (!URL.canParse(address)) return undefined;
  const { port, protocol } = new URL(address);
  return port === '' ? USUAL[protocol] : Number(port);
}
