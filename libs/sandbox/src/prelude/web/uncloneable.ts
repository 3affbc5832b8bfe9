/**
 * Objects that `structuredClone` refuses although their interfaces are built on it: each such interface says here which
 * are its own.
 */
type Brand = (value: unknown) => boolean;
const brands: Brand[] = [];

/** Called once by an interface, before plugin code runs. */
export function refuseToClone(brand: Brand): void {
  brands[brands.length] = brand;
}

export function isUncloneable(value: unknown): boolean {
  for (let i = 0; i < brands.length; i++) if (brands[i]?.(value) === true) return true;
  return false;
}
