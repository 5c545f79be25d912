import { Decrypter, Encrypter, armor, generateX25519Identity, identityToRecipient } from 'age-encryption';

/** A value together with its path, so that one that is moved to another path is not taken for that one's. */
interface Sealed {
  readonly path: string;
  readonly value: string;
}

/** A new identity, which opens what is sealed for its recipient. */
export const newIdentity = (): Promise<string> => generateX25519Identity();
export const recipientOf = (identity: string): Promise<string> => identityToRecipient(identity);

/** A value of `path` that whoever has the identity of `recipient` can open, and nobody else. */
export async function seal(recipient: string, sealed: Sealed): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(JSON.stringify(sealed)));
}

/** The value; fails when the identity does not fit, or when it is not one of `path`. */
export async function unseal(identity: string, text: string, path: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const sealed = JSON.parse(await decrypter.decrypt(armor.decode(text), 'text')) as Partial<Sealed>;
  if (sealed.path !== path || typeof sealed.value !== 'string')
    throw new Error('it is not sealed for this path');
  return sealed.value;
}
