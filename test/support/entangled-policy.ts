/** Before and after: many statements whose wildcards, variables and conditions all overlap, and every one of them changed. */
export function entangled(statements: number): readonly [string, string] {
  const before = JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: Array.from({ length: statements }, (_, i) => ({
        Sid: `S${i}`,
        Effect: 'Allow',
        Action: ['s3:Get*', 'ec2:*', `dynamodb:Get${i % 7}*`],
        Resource: [`arn:aws:s3:::team-${i}-*-reports/*`, `arn:aws:s3:::x${i}*`],
        Condition: { StringLike: { 'aws:PrincipalTag/t': `a${i}*`, 's3:prefix': `\${aws:username}/${i}*` } },
      })),
    },
    null,
    2,
  );
  return [before, before.replaceAll('s3:Get*', 's3:Put*')];
}
