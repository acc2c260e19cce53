# Installs provision from this folder, without a network, on Windows:
#
#   powershell -ExecutionPolicy Bypass -File install.ps1 [-Folder FOLDER] [-Python PYTHON]
#
# Nothing is run or installed before every file has the checksum that SHA256SUMS says. Where SHA256SUMS itself comes
# from, docs\install.md says how to check. It runs in Windows PowerShell 5.1 and in PowerShell 7.
param(
    [string] $Folder = (Join-Path $PSScriptRoot 'venv'),
    [string] $Python = 'python'
)
$ErrorActionPreference = 'Stop'

function Deny([string] $Why) {
    [Console]::Error.WriteLine("install.ps1: $Why")
    exit 1
}

$sums = [IO.File]::ReadAllLines((Join-Path $PSScriptRoot 'SHA256SUMS'))
if ($sums.Count -eq 0) { Deny 'SHA256SUMS is empty; nothing was installed' }
foreach ($line in $sums) {
    $path = Join-Path $PSScriptRoot $line.Substring(66)
    if (-not (Test-Path -LiteralPath $path -PathType Leaf)) { Deny "$path is missing; nothing was installed" }
    $found = (Get-FileHash -LiteralPath $path -Algorithm SHA256).Hash.ToLowerInvariant()
    if ($found -ne $line.Substring(0, 64)) { Deny "$path is not as SHA256SUMS says; nothing was installed" }
}

# Microsoft's SDK has files of more than 300 characters, and Windows takes 260 unless it is told otherwise.
$system = 'HKLM:\SYSTEM\CurrentControlSet\Control\FileSystem'
$long = (Get-ItemProperty -LiteralPath $system -ErrorAction SilentlyContinue).LongPathsEnabled
if ($long -ne 1) { Deny 'Windows takes no long paths here; docs\windows.md has the line that allows them; nothing was installed' }

& $Python -I -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'
if ($LASTEXITCODE -ne 0) { Deny "$Python is none of Python 3.11 to 3.14; name one with -Python" }
if (Test-Path -LiteralPath $Folder) { Deny "$Folder is there already; an upgrade goes into a folder of its own" }

& $Python -I -m venv $Folder
if ($LASTEXITCODE -ne 0) { Deny 'the virtual environment cannot be made' }
$own = Join-Path $Folder 'Scripts\python.exe'
& $own -I -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-index `
    --find-links (Join-Path $PSScriptRoot 'wheels') --require-hashes --only-binary ':all:' `
    -r (Join-Path $PSScriptRoot 'requirements.txt')
if ($LASTEXITCODE -ne 0) { Deny 'pip did not install it' }
& (Join-Path $Folder 'Scripts\provision.exe') --version
exit $LASTEXITCODE
