"""The script for Windows, but for its last lines: Windows PowerShell 5.1 and later, .NET alone, without a proxy."""

POWERSHELL = r"""# vmident verify: requests a token for each identity of this VM from its token service and prints the
# claims that name the principal. Tokens are kept in variables of this script and are not printed.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
$nonce = '@NONCE@'
$width = @WIDTH@
$script:secondsLeft = @SECONDS@
$script:unreachable = $false

function Fetch([string] $url) {
  $response = $null
  try {
    $request = [System.Net.WebRequest]::Create($url)
    $request.Proxy = $null
    $request.Timeout = 30000
    $request.Headers.Add('Metadata', 'true')
    $response = $request.GetResponse()
  } catch {
    $failure = $_.Exception
    while ($failure -and -not ($failure -is [System.Net.WebException])) { $failure = $failure.InnerException }
    if ($failure) { $response = $failure.Response }
  }
  if (-not $response) { return @{ Status = 0; Body = '' } }
  $reader = New-Object System.IO.StreamReader($response.GetResponseStream())
  try {
    return @{ Status = [int] $response.StatusCode; Body = $reader.ReadToEnd() }
  } finally {
    $reader.Dispose()
  }
}

function Clean([string] $text) {
  return ($text -replace 'eyJ[A-Za-z0-9_.=-]*', '***' -replace '[^A-Za-z0-9 /_.:,()*-]', '')
}

function Word([string] $text) {
  $word = (Clean $text) -replace ' ', ''
  if (-not $word) { return '-' }
  return $word.Substring(0, [Math]::Min(36, $word.Length))
}

function ClaimsOf([string] $token) {
  $payload = $token.Split('.')[1].Replace('-', '+').Replace('_', '/')
  while ($payload.Length % 4) { $payload += '=' }
  $json = [System.Text.Encoding]::UTF8.GetString([System.Convert]::FromBase64String($payload))
  return (ConvertFrom-Json $json)
}

function Check([int] $number, [string] $expected, [string] $url) {
  $pause = 1
  while ($true) {
    $answer = @{ Status = 0; Body = '' }
    if (-not $script:unreachable) { $answer = Fetch $url }
    $status = $answer.Status
    if ($status -eq 0) { $script:unreachable = $true }
    $again = ($status -eq 404) -or ($status -eq 410) -or ($status -eq 429) -or ($status -ge 500)
    if (-not $again -or $script:secondsLeft -le 0) { break }
    Start-Sleep -Seconds $pause
    $script:secondsLeft -= $pause
    if ($pause -lt 16) { $pause *= 2 }
  }
  $body = $null
  try { $body = ConvertFrom-Json $answer.Body } catch { $body = $null }
  if ($status -eq 200 -and $body.access_token) {
    $claims = $null
    try { $claims = ClaimsOf $body.access_token } catch { $claims = $null }
    $body = $null
    $answer = $null
    $resourceId = (Clean ([string] $claims.xms_mirid)) -replace ' ', ''
    if (-not $resourceId) {
      $resourceId = '-'
    } elseif ($resourceId -ieq $expected) {
      $resourceId = '='
    } elseif ($resourceId.Length -gt $width) {
      $resourceId = $resourceId.Substring($resourceId.Length - $width)
    }
    Write-Output ('{0} {1} 200 {2} {3} {4}' -f $nonce, $number, (Word $claims.oid), (Word $claims.appid), $resourceId)
  } else {
    $why = Clean ([string] $body.error_description)
    if ($why.Length -gt $width) { $why = $why.Substring(0, $width) }
    Write-Output ('{0} {1} {2:d3} {3}' -f $nonce, $number, $status, $why)
  }
}

Write-Output ('{0} tool powershell' -f $nonce)
"""
