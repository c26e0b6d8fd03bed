/**
 * Logistic regression with a ridge, by Newton's method. Pure: numbers in, weights out, the same every time.
 *
 * @module
 */

export interface Sample {
  /** Standardised features, without the intercept. */
  inputs: readonly number[];
  truth: boolean;
  weight: number;
}

const stepsMax = 50;
const smallestStep = 1e-8;

/** Weights with the intercept last. `ridge` pulls every weight but the intercept's towards 0; samples weigh 1 on average. */
export function fitLogistic(samples: readonly Sample[], ridge: number): number[] {
  const size = (samples[0]?.inputs.length ?? 0) + 1;
  const weights = new Array<number>(size).fill(0);
  for (let step = 0; step < stepsMax; step += 1) {
    const gradient = weights.map((weight, index) => (index === size - 1 ? 0 : -ridge * weight));
    const curvature = weights.map((_, row) => weights.map((__, column) => (row === column && row !== size - 1 ? ridge : 0)));
    for (const { inputs, truth, weight } of samples) {
      const row = [...inputs, 1];
      const probability = 1 / (1 + Math.exp(-dot(row, weights)));
      const slope = weight * Math.max(1e-9, probability * (1 - probability));
      for (let i = 0; i < size; i += 1) {
        const input = row[i] ?? 0;
        gradient[i] = (gradient[i] ?? 0) + weight * (Number(truth) - probability) * input;
        const line = curvature[i] ?? [];
        for (let j = 0; j < size; j += 1) line[j] = (line[j] ?? 0) + slope * input * (row[j] ?? 0);
      }
    }
    const move = solve(curvature, gradient);
    for (let i = 0; i < size; i += 1) weights[i] = (weights[i] ?? 0) + (move[i] ?? 0);
    if (Math.max(...move.map(Math.abs)) < smallestStep) break;
  }
  return weights;
}

/** x of `matrix` x = `right`, by elimination with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  const size = rows.length;
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column + 1; row < size; row += 1) {
      if (Math.abs(rows[row]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = row;
    }
    const top = rows[pivot] ?? [];
    rows[pivot] = rows[column] ?? [];
    rows[column] = top;
    const divisor = top[column] || 1e-12;
    for (let row = 0; row < size; row += 1) {
      if (row === column) continue;
      const line = rows[row] ?? [];
      const factor = (line[column] ?? 0) / divisor;
      for (let k = column; k <= size; k += 1) line[k] = (line[k] ?? 0) - factor * (top[k] ?? 0);
    }
  }
  return rows.map((row, index) => (row[size] ?? 0) / (row[index] || 1e-12));
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
