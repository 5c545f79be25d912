/**
 * Runs all ends, the newest first, whatever becomes of the others, and fails afterwards with the first failure. The list is empty then:
 * a second call does nothing.
 */
export async function closeInTurn(ends: (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const end of ends.splice(0).reverse())
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  if (failures.length > 0) throw failures[0];
}
