/** The port of an address such as `http://127.0.0.1:8080`. */
export function portOf(address: string): number {
  const { port } = new URL(address);
  return Number(port === '' ? 80 : port);
}
